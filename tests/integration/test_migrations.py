from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from setflow import schema
from setflow.db import connect, migrate, transaction

# What alembic does not compare: checks, and the wording of indexes and constraints.
PARTS = """
select 'index', tablename || ': ' || indexdef from pg_indexes where schemaname = 'public'
union all
select 'constraint', conrelid::regclass || ' ' || conname || ': ' || pg_get_constraintdef(oid)
from pg_constraint where connamespace = 'public'::regnamespace
union all
select 'column', table_name || '.' || column_name || ': ' || data_type || ' ' || is_nullable || ' '
    || coalesce(column_default, '') || ' ' || is_identity
from information_schema.columns where table_schema = 'public'
order by 1, 2
"""


def parts(tx):
    return [tuple(row) for row in tx.execute(text(PARTS)) if "alembic_version" not in row[1]]


def test_the_migrations_make_the_tables_that_the_schema_says(db):
    options = {"compare_type": True, "compare_server_default": True}
    with transaction(db) as tx:
        context = MigrationContext.configure(tx, opts=options)
        assert compare_metadata(context, schema.metadata) == []

        migrated = parts(tx)
        tx.execute(text("drop schema public cascade"))
        tx.execute(text("create schema public"))
        schema.metadata.create_all(tx)
        assert migrated == parts(tx)


def test_the_tables_name_the_oldest_version_that_may_tick(db):
    with transaction(db) as tx:
        assert tx.execute(schema.house.select()).scalars().all() == [schema.OLDEST_THAT_MAY_TICK]


def test_migrating_again_changes_nothing(db):
    with transaction(db) as tx:
        before = parts(tx)
    assert migrate(db) == migrate(db) != ""
    with transaction(db) as tx:
        assert parts(tx) == before


def test_tables_of_a_newer_setflow_are_left_as_they_are(db):
    with transaction(db) as tx:
        tx.execute(text("update alembic_version set version_num = 'from the future'"))

    assert migrate(db) == "from the future"


def test_processes_that_start_together_wait_for_one_another(db_url):
    from concurrent.futures import ThreadPoolExecutor

    db = connect(db_url)
    with transaction(db) as tx:
        tx.execute(text("drop schema public cascade"))
        tx.execute(text("create schema public"))
    with ThreadPoolExecutor(4) as pool:
        revisions = list(pool.map(lambda _: migrate(db), range(4)))
    db.dispose()

    assert len(set(revisions)) == 1
