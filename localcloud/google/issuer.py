"""Google's token issuer: OIDC identity tokens that the real client libraries verify.

The key is made once and kept, so tokens and verifiers survive a restart.
Claims: https://cloud.google.com/docs/authentication/get-id-token
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import time
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

from localcloud.google.errors import Code, refuse
from localcloud.google.rest import json_response

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from werkzeug.wrappers import Request, Response

ISSUER = "https://accounts.google.com"
LIFETIME = 3600
"""Seconds that a token is good for."""


class Issuer:
    """Mints and verifies identity tokens; also serves the certificates that others verify with."""

    def __init__(self, root: Path) -> None:
        self._key = _kept_key(root / "issuer.pem")
        public = self._key.public_key()
        der = public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self._kid = hashlib.sha256(der).hexdigest()[:40]
        self._certificate = _certificate(self._key)
        self._signer = crypt.RSASigner(self._key, self._kid)  # type: ignore[no-untyped-call]

    def mint(self, audience: str, email: str) -> str:
        """Return a signed token that says: this is `email`, talking to `audience`."""
        now = int(time.time())
        subject = str(int(hashlib.sha256(email.encode()).hexdigest()[:16], 16))
        claims: dict[str, object] = {"iss": ISSUER, "aud": audience, "azp": subject, "sub": subject}
        claims |= {"email": email, "email_verified": True, "iat": now, "exp": now + LIFETIME}
        token: bytes = jwt.encode(self._signer, claims)  # type: ignore[no-untyped-call]
        return token.decode()

    def verify(self, token: str, audience: str) -> Mapping[str, object]:
        """Return the claims; raises ValueError for a token not of ours, not now or not theirs."""
        certificates = {self._kid: self._certificate}
        try:
            claims: Mapping[str, object] = jwt.decode(token, certificates, audience=audience)  # type: ignore[no-untyped-call]
        except Exception as error:
            raise ValueError(str(error)) from error
        if claims.get("iss") != ISSUER:
            message = f"Wrong issuer: {claims.get('iss')}"
            raise ValueError(message)
        return claims

    def pages(self, request: Request) -> Response:
        """Serve the certificates in both of Google's forms."""
        if request.path == "/oauth2/v1/certs":
            return json_response({self._kid: self._certificate})
        if request.path == "/oauth2/v3/certs":
            return json_response({"keys": [self._web_key()]})
        message = f"No page at {request.path}."
        refuse(message, Code.NOT_FOUND)
        return None

    def _web_key(self) -> dict[str, str]:
        numbers = self._key.public_key().public_numbers()
        modulus, exponent = _base64_number(numbers.n), _base64_number(numbers.e)
        head = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self._kid}
        return head | {"n": modulus, "e": exponent}


def _kept_key(path: Path) -> rsa.RSAPrivateKey:
    if not path.exists():
        _write_new_key(path)
    key = serialization.load_pem_private_key(
        path.read_bytes(), password=None, unsafe_skip_rsa_key_validation=True
    )  # it is our own: its check takes longer than all the rest of a start
    if not isinstance(key, rsa.RSAPrivateKey):
        message = f"{path} holds no RSA key"
        raise TypeError(message)
    return key


def _write_new_key(path: Path) -> None:
    text = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(text)
    fresh.replace(path)


def _certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "local token issuer")])
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    signed = (
        x509.CertificateBuilder(name, name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def _base64_number(number: int) -> str:
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
