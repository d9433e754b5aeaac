"""The file that a fresh interpreter is started with: it makes `harness` importable and leaves no other trace on
`sys.path`.

Started by path, the interpreter puts this file's folder first on `sys.path`; it goes before anything is imported, so
that no module of ours can hide one of the user's, and the path is what the `alembic` command would have.
"""

import sys

if __name__ == "__main__":
    folder = __file__.rpartition("/")[0]
    if sys.path and sys.path[0] == folder:  # not so under PYTHONSAFEPATH
        del sys.path[0]
    try:
        from harness.environment import inside
    except ImportError:
        # harness itself runs from a source tree that is not installed; last, so that it hides nothing.
        sys.path.append(folder.rpartition("/harness/")[0])
        from harness.environment import inside
    if sys.argv[1] == "fork":
        from harness.environment.nursery import serve

        serve(int(sys.argv[2]))
    else:
        inside.main(int(sys.argv[1]), int(sys.argv[2]))
