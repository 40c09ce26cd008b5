"""Spillway: what runs in production. It knows no local mode; endpoints are settings."""
