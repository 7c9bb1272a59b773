"""PostgreSQL, dumped with `pg_dump` and restored with `pg_restore` into a database of another name."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from models.dossier.backups import PostgresqlDump
from models.dossier.instructions import RunStep, Step
from models.restores import Examined, RestorePoint
from workflows.restore.backups.adapter import Adapter, Place, in_environment
from workflows.restore.backups.commands import (
    MOST_POINTS,
    NAMED_IN_ONE_LINE,
    facts,
    kilobytes,
    listed_files,
    no_room,
    number,
    postgres,
    postgres_environment,
    size_text,
)

_LIST = """
cd -- "$1" || exit
find . -maxdepth 1 -type f -name "$2" @named@ -exec stat -c '%Y %s %n' {} + | sort -n | tail -n "$3"
""".replace("@named@", NAMED_IN_ONE_LINE)

_LACKING = """
function known(line, role) {
  for (role in roles) if (substr(line, length(line) - length(role)) == " " role) return 1
  return 0
}
/^$/ && part < 2 {part++; next}
part == 0 {roles[$0]; next}
part == 1 {extensions[$0]; next}
!/^[0-9]+; / {next}
$4 == "TABLE" && $5 == "DATA" {tables++; next}
$4 == "EXTENSION" && $5 == "-" && !($6 in extensions) {lacking = lacking ", the extension " $6}
/ $/ || $4 !~ /^(TABLE|VIEW|SEQUENCE|SCHEMA|FUNCTION|PROCEDURE|AGGREGATE|TYPE|DOMAIN)$/ || $5 ~ /^(ATTACH|SET|OWNED)$/ {next}
!($NF in roles) && !($NF in said) && !known($0) {said[$NF]; lacking = lacking ", the role " $NF}
END {print "fact tables", tables + 0; print "fact lacking", substr(lacking, 3, 500)}
"""
"""Reads all roles and all extensions of the server, a line each, and then the list of contents that `pg_restore -L` also reads:
every entry is one line there, which ends in its owner."""

_EXAMINE = """
contents=$(pg_restore --list -- "$1") || exit
printf '%s\\n' "$contents" | sed -n \\
  -e 's/^; *Archive created at /fact created /p' -e 's/^; *dbname: /fact database /p' -e 's/^; *Format: /fact format /p'
pg_restore --file=/dev/null -- "$1" || exit
psql -XAt -v ON_ERROR_STOP=1 -v name="$2" -d postgres <<'SQL' || exit
select 'fact exists ' || pg_database_size(oid) from pg_database where datname = :'name';
select 'fact role ' || rolname from pg_roles where rolname = current_user;
select 'fact cannot_create yes' from pg_roles where rolname = current_user and not (rolsuper or rolcreatedb);
select 'fact cannot_rename yes' from pg_database where datname = :'name' and not pg_has_role(datdba, 'member');
SQL
roles=$(psql -XAt -v ON_ERROR_STOP=1 -d postgres -c 'select rolname from pg_roles') || exit
extensions=$(psql -XAt -v ON_ERROR_STOP=1 -d postgres -c 'select name from pg_available_extensions') || exit
printf '%s\\n' "$roles" '' "$extensions" '' "$contents" | awk '@lacking@'
[ -z "$3" ] || ! data=$(psql -XAtd postgres -c 'show data_directory') || [ ! -d "$data" ] ||
  stat -f -c '%a %S' -- "$data" | awk '{printf "fact free %.0f\\n", $1 * $2 / 1024}'
""".replace("@lacking@", _LACKING)

_CARRY_OVER = """
select format('alter database %I owner to %I', :'new', pg_get_userbyid(datdba)),
       format('alter database %I connection limit %s', :'new', datconnlimit)
  from pg_database where datname = :'now' \\gexec
select format('revoke all on database %I from public', :'new')
  from pg_database where datname = :'now' and datacl is not null \\gexec
select format('grant %s on database %I to %s%s', privilege_type, :'new',
              case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
              case when is_grantable then ' with grant option' else '' end)
  from pg_database, aclexplode(datacl) where datname = :'now' \\gexec
select format('alter %s set %I to %s',
              case setrole when 0 then format('database %I', :'new')
                else format('role %I in database %I', pg_get_userbyid(setrole), :'new') end,
              split_part(setting, '=', 1),
              case when split_part(setting, '=', 1) in ('local_preload_libraries', 'search_path',
                'session_preload_libraries', 'temp_tablespaces')
                then substr(setting, strpos(setting, '=') + 1)
                else quote_literal(substr(setting, strpos(setting, '=') + 1)) end)
  from pg_database d join pg_db_role_setting s on s.setdatabase = d.oid, unnest(setconfig) setting
 where d.datname = :'now' \\gexec
"""

_RESTORE = """
psql -Xq -v ON_ERROR_STOP=1 -v name="$2" -d postgres <<'SQL' || exit
drop database if exists :"name"
SQL
made=$(pg_restore --create --section=pre-data --file=- -- "$1" |
  sed -n 's/^CREATE DATABASE .* WITH TEMPLATE = template0\\(.*\\);$/\\1/p' | head -n 1)
psql -Xq -v ON_ERROR_STOP=1 -v name="$2" -v made="$made" -d postgres <<'SQL' || exit
create database :"name" template template0 :made
SQL
pg_restore --exit-on-error --jobs="$3" --dbname="$2" -- "$1" || exit
psql -Xq -v ON_ERROR_STOP=1 -v now="$4" -v new="$2" -d postgres <<'SQL'
@carry_over@
SQL
""".replace("@carry_over@", _CARRY_OVER.strip())

_PROGRESS = """
psql -XAt -v name="$1" -d postgres <<'SQL'
select 'fact done ' || pg_database_size(oid) from pg_database where datname = :'name'
SQL
"""

_ALONE = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
 where datname in (:'now', :'new') and pid <> pg_backend_pid();
"""

_SWAP = (
    """
psql -Xq -v ON_ERROR_STOP=1 -v now="$1" -v new="$2" -v kept="$3" -d postgres <<'SQL'
alter database :"now" with allow_connections false;
"""
    + _ALONE
    + """begin;
alter database :"now" rename to :"kept";
alter database :"new" rename to :"now";
commit;
SQL
"""
)

_NAME = """
psql -Xq -v ON_ERROR_STOP=1 -v now="$1" -v new="$2" -d postgres <<'SQL'
alter database :"new" rename to :"now"
SQL
"""

_PUT_BACK = (
    """
psql -Xq -v ON_ERROR_STOP=1 -v now="$1" -v new="$2" -v kept="$3" -d postgres <<'SQL'
select exists (select from pg_database where datname = :'kept') as swapped \\gset
\\if :swapped
alter database :"now" with allow_connections false;
"""
    + _ALONE
    + """begin;
alter database :"now" rename to :"new";
alter database :"kept" rename to :"now";
commit;
\\endif
alter database :"now" with allow_connections true;
SQL
"""
)

_DROP = (
    """
psql -Xq -v ON_ERROR_STOP=1 -v now="$1" -v new="$1" -d postgres <<'SQL'
"""
    + _ALONE
    + """drop database if exists :"now";
SQL
"""
)

_GONE = """
left=$(psql -XAt -v ON_ERROR_STOP=1 -v name="$1" -d postgres <<'SQL'
select 1 from pg_database where datname = :'name'
SQL
) && test -z "$left"
"""


class DumpAdapter(Adapter):
    """Restores one database from its dumps."""

    def __init__(self, source: PostgresqlDump, place: Place) -> None:
        super().__init__(place)
        self.source = source
        self.aside = place.named_database(source.database, "drill" if place.drill else "new")
        self.kept = place.named_database(source.database, "kept")

    def list_points(self) -> RunStep:
        """Return a command that lists the dumps."""
        source = self.source
        return self.place.read_only(
            "List the dumps", postgres(source.server, _LIST, source.directory, source.pattern, MOST_POINTS)
        )

    def read_points(self, said: str) -> list[RestorePoint]:
        """Return a point for each file. Its time is the file's last change, until the dump is examined."""
        return [RestorePoint(id=name, at=at, size_bytes=size) for at, size, name in reversed(listed_files(said))]

    def examine(self, point: RestorePoint) -> RunStep:
        """Return a command that reads the dump to its end, and queries the server's databases, roles and extensions."""
        local = self.source.server.host is None or self.source.server.host.startswith("/")
        words = postgres(self.source.server, _EXAMINE, self._file(point), self.source.database, "yes" if local else "")
        return self.place.read_only(f"Read the dump {point.id} to its end", words)

    def judge(self, said: str) -> Examined:
        """Return a fault for a dump of another database, without tables, or for missing roles, rights or space."""
        found = facts(said)
        source = self.source
        wanted = source.dumped_from or source.database
        faults = []
        if found.get("database") != wanted:
            faults.append(f"it is a dump of the database {found.get('database', '-')!r}, not of {wanted!r}")
        if not number(found, "tables"):
            faults.append("it contains no table's data")
        if lacking := found.get("lacking"):
            faults.append(f"the server lacks {lacking}, which the dump needs; create it there first")
        role = found.get("role", "-")
        if found.get("cannot_create") == "yes":
            faults.append(f"the role {role} may not create databases; give it CREATEDB")
        if found.get("cannot_rename") == "yes":
            faults.append(
                f"the role {role} may not rename the database {source.database}; make it a member of the owner"
            )
        exists = number(found, "exists")
        faults += no_room(exists, kilobytes(found, "free"), "the server's data directory")
        created = re.match(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC$", found.get("created", ""))
        at = datetime.fromisoformat(created.group(1)).replace(tzinfo=UTC) if created else None
        return Examined(faults=faults, at=at, needs_bytes=exists, exists_bytes=exists, facts=found)

    def restore_to_staging(self, point: RestorePoint, examined: Examined) -> list[Step]:
        """Return the step that creates a new database with the owner, grants and settings of the current one, and restores."""
        jobs = self.source.jobs if examined.facts.get("format") == "CUSTOM" else 1
        words = postgres(self.source.server, _RESTORE, self._file(point), self.aside, str(jobs), self.source.database)
        return [self.place.run(f"Restore {point.id} into the database {self.aside}", words)]

    def progress(self) -> RunStep:
        """Return a command that queries the size of the new database."""
        return self.place.read_only("Query the progress", postgres(self.source.server, _PROGRESS, self.aside))

    def how_far(self, said: str, examined: Examined) -> str:
        """Return the size of the new database beside the size of the current one."""
        done = number(facts(said), "done")
        if done is None:
            return ""
        beside = f"; the current one has {size_text(examined.exists_bytes)}" if examined.exists_bytes else ""
        return f"{size_text(done)} are in the new database{beside}"

    def environment(self, aside: bool) -> dict[str, str]:
        """Return the variables by which psql finds the server and the database."""
        database = self.aside if aside else self.source.database
        return postgres_environment(self.source.server) | {"PGDATABASE": database, "RESTORED_TO": database}

    def verify(self, step: RunStep, aside: bool) -> RunStep:
        """Return the query, run as the user of the server."""
        return in_environment(step, self.place, self.environment(aside), self.source.server.run_as)

    def swap(self, examined: Examined) -> list[Step]:
        """Return the step that renames both databases in one transaction."""
        server, database = self.source.server, self.source.database
        done = postgres(server, _GONE, self.aside)
        if examined.exists_bytes is None:
            words = postgres(server, _NAME, database, self.aside)
            return [self.place.run(f"Name the restored database {database}", words, done)]
        words = postgres(server, _SWAP, database, self.aside, self.kept)
        return [self.place.run(f"Keep {database} as {self.kept} and put the restored one in its place", words, done)]

    def saved_to(self, examined: Examined) -> str:
        """Return the new name of the previous database; empty when there was none."""
        return "" if examined.exists_bytes is None else f"database {self.kept}"

    def put_back(self, examined: Examined) -> list[Step]:
        """Return the step that swaps the names again."""
        server, database = self.source.server, self.source.database
        failed = self.place.named_database(database, "bad")
        words = postgres(server, _PUT_BACK, database, failed, self.kept)
        return [self.place.run(f"Put the previous {database} back; the restored one is kept as {failed}", words)]

    def remove(self) -> list[Step]:
        """Drop the scratch database."""
        words = postgres(self.source.server, _DROP, self.aside)
        return [self.place.run(f"Remove the database {self.aside}", words)]

    def _file(self, point: RestorePoint) -> str:
        return f"{self.source.directory}/{point.id}"
