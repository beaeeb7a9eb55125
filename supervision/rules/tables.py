"""Making many tables in one step of a migration, and changing what no table knows of.

Django rebuilds every model that hangs together with a new one for each single `CreateModel`. Here nearly everything
hangs on projects and persons, so an empty database would take time with the square of the number of ledgers.
"""

from django.db.migrations.operations.base import Operation, OperationCategory


class InOneStep(Operation):
    """Operations as one; models are made anew once for all of them."""

    serialization_expand_args = ["operations"]

    def __init__(self, operations: list[Operation]):
        self.operations = operations

    def state_forwards(self, app_label, state) -> None:
        # The rendered models are made anew from the whole state when they are next asked for.
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)


class CreateModels(InOneStep):
    """The tables of several new models, in their order, as one operation.

    `operations` are CreateModel operations; a model may point to those before it and to itself. What points
    forward is an AddField after this one, as anywhere.
    """

    category = OperationCategory.ADDITION

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create {len(self.operations)} models"

    @property
    def migration_name_fragment(self) -> str:
        return "tables"


class AlterOnPaper(InOneStep):
    """Changes of fields that no database knows: what may be chosen, how it is called. `operations` are AlterField
    operations; models are made anew once for all of them."""

    category = OperationCategory.ALTERATION

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        """Nothing to be done."""

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        """Nothing to be undone."""

    def describe(self) -> str:
        return f"Alter {len(self.operations)} fields on paper"

    @property
    def migration_name_fragment(self) -> str:
        return "on_paper"
