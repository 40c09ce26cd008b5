"""Whether a document fits GitHub's schema, and in which of GitHub's words it does not.

GitHub runs graphql-ruby, whose errors name what is wrong in `extensions.code`; the sentences beside
it are graphql-core's here:
https://github.com/rmosolgo/graphql-ruby/tree/master/lib/graphql/static_validation/rules
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import specified_rules, validate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import DocumentNode, GraphQLError, GraphQLSchema

_CODES = {
    "ExecutableDefinitionsRule": "queryContainsSchemaDefinitions",
    "FieldsOnCorrectTypeRule": "undefinedField",
    "FragmentsOnCompositeTypesRule": "fragmentOnNonCompositeType",
    "KnownArgumentNamesRule": "argumentNotAccepted",
    "KnownDirectivesRule": "undefinedDirective",
    "KnownFragmentNamesRule": "useAndDefineFragment",
    "KnownTypeNamesRule": "undefinedType",
    "LoneAnonymousOperationRule": "uniquelyNamedOperations",
    "NoFragmentCyclesRule": "infiniteLoop",
    "NoUndefinedVariablesRule": "variableNotDefined",
    "NoUnusedFragmentsRule": "useAndDefineFragment",
    "NoUnusedVariablesRule": "variableNotUsed",
    "OverlappingFieldsCanBeMergedRule": "fieldConflict",
    "PossibleFragmentSpreadsRule": "cannotSpreadFragment",
    "ProvidedRequiredArgumentsRule": "missingRequiredArguments",
    "ScalarLeafsRule": "selectionMismatch",
    "UniqueArgumentNamesRule": "argumentNotUnique",
    "UniqueDirectivesPerLocationRule": "directiveNotUniqueForLocation",
    "UniqueFragmentNamesRule": "fragmentNotUnique",
    "UniqueInputFieldNamesRule": "inputFieldNotUnique",
    "UniqueOperationNamesRule": "uniquelyNamedOperations",
    "UniqueVariableNamesRule": "variableNotUnique",
    "ValuesOfCorrectTypeRule": "argumentLiteralsIncompatible",
    "VariablesAreInputTypesRule": "variableRequiresValidType",
    "VariablesInAllowedPositionRule": "variableMismatch",
}


def problems(schema: GraphQLSchema, document: DocumentNode) -> Iterator[GraphQLError]:
    """Yield what is wrong with a document, rule by rule."""
    for rule in specified_rules:
        for error in validate(schema, document, (rule,)):
            error.extensions = {"code": _CODES.get(rule.__name__, rule.__name__)}
            yield error
