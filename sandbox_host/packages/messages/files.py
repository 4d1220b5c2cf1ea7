"""What can be wrong with a project's folder and the files in it."""

from __future__ import annotations

from policies.messages import Message

NO_FOLDER = Message(
    "no-folder",
    "there is no such folder",
    "project/nowhere: there is no such folder",
    "Give the path of the folder that `backfill.config.ts` is in.",
)
NOT_A_FOLDER = Message(
    "not-a-folder",
    "is a file; give the folder that it is in",
    "project/backfill.config.ts: is a file; give the folder that it is in",
    "Leave out the name of the file.",
)
NO_MANIFEST = Message(
    "no-manifest",
    "not found; a project has one, with export default defineExtension({{…}}) or defineConnector({{…}}), or "
    "a backfill.config.py with define_extension(…) or define_connector(…)",
    "backfill.config.ts: not found; a project has one, with export default defineExtension({…}) or d"
    "efineConnector({…}), or a backfill.config.py with define_extension(…) or define_connector(…)",
    "Add `backfill.config.ts`, or `backfill.config.py`, to the project's folder.",
)
LINK = Message(
    "link",
    "a symbolic link, and its target may be outside the project; {way_out}",
    "src/lib/secret.json: a symbolic link, and its target may be outside the project; put a copy of "
    "the file in its place",
    "A package holds only what is in the project: replace the link by a copy.",
)
TOO_DEEP = Message(
    "too-deep",
    "folders are nested more than {limit} deep",
    "src/lib/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a: folders are nested more than 24 deep",
    "Flatten the folders.",
)
TOO_MANY_FILES = Message(
    "too-many-files",
    "more than {limit} files; a project is its sources only",
    ".: more than 3 files; a project is its sources only",
    "Move what is not source out of the project.",
)
UNREADABLE = Message(
    "unreadable",
    "cannot be read: {reason}",
    "src/lib/client.ts: cannot be read: Permission denied",
    "Check the file's permissions.",
)
UNPORTABLE_NAME = Message(
    "unportable-name",
    "this name is not portable; use letters, digits and . _ - only",
    "src/lib/na\\xefve.ts: this name is not portable; use letters, digits and . _ - only",
    "Rename the file.",
)
LONG_PATH = Message(
    "long-path",
    "the path is longer than {limit} characters",
    "src/lib/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaa/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    "bbbbbbbbbbbbbbbbbbb/c.ts: the path is longer than 200 characters",
    "Shorten the names.",
)
ODD_FILE = Message(
    "odd-file",
    "not a regular file",
    "src/lib/pipe.json: not a regular file",
    "Remove the pipe, socket or device.",
)
LARGE_FILE = Message(
    "large-file",
    "larger than {limit} MiB",
    "src/lib/a.json: larger than 1 MiB",
    "Leave out the data that does not belong into code.",
)
LARGE_PROJECT = Message(
    "large-project",
    "the project's modules are larger than {limit} MiB together",
    "src/lib/b.json: the project's modules are larger than 2 MiB together",
    "Remove dependencies and data that the code does not need.",
)
CASE_COLLISION = Message(
    "case-collision",
    'differs from "{other}" by upper and lower case only; rename one',
    'src/lib/client.ts: differs from "src/lib/Client.ts" by upper and lower case only; rename one',
    "On some machines the two are one file.",
)
PACKAGE_JSON = Message(
    "package-json",
    "not valid JSON",
    "package.json:3: not valid JSON",
    "Correct `package.json` at the line named.",
)
DEPENDENCIES = Message(
    "dependencies",
    '"dependencies" must be an object of package names and versions',
    'package.json: "dependencies" must be an object of package names and versions',
    'Write `"dependencies": { "name": "1.2.3" }`.',
)
PACKAGE_NAME = Message(
    "package-name",
    "{name} is not a package name",
    'package.json: "../x" is not a package name',
    "List packages by the names that npm knows them by.",
)
TOO_MANY_PACKAGES = Message(
    "too-many-packages",
    "its dependencies are more than {limit} packages",
    "package.json: its dependencies are more than 1 packages",
    "Depend on less.",
)
OVERSIZE = Message(
    "oversize",
    "the package is {size} MiB, over its limit of {limit} MiB; this file alone is {file} MiB",
    "src/lib/words.ts: the package is 0.1 MiB, over its limit of 0.0 MiB; this file alone is 0.1 MiB",
    "Remove what the code does not need, the largest file first.",
)
MORE = Message(
    "and-more",
    "and {count} more problems from here on",
    "src/jobs/Wrong.ts: and 1 more problems from here on",
    "Put the first ones right, and build again.",
)
UNUSABLE = Message(
    "unusable-path",
    "cannot be used: {reason}",
    "out: cannot be used: Not a directory",
    "Give `--out` a folder that is there, or can be made.",
)
ARGUMENTS = Message(
    "wrong-arguments",
    "{reason}",
    "arguments: No such option: --outt (Possible options: --out)",
    "Write the command as `backfill build --help` shows it.",
)
