"""Fails when <hfasync/hfasync.hpp> opens Beast, SSL or Boost.JSON: umbrella.py COMPILER FLAG..."""
import re
import subprocess
import sys

FORBIDDEN = {
    "Boost.Beast": r"/boost/beast/",
    "Asio's SSL": r"/boost/asio/ssl(/|\.hpp)",
    "OpenSSL": r"/openssl/[a-z0-9_]+\.h$",
    "Boost.JSON": r"/boost/json/(?!fwd\.hpp$|detail/config\.hpp$)|/boost/json\.hpp$",
}


def opened(command, text):
    """The files that the compiler reads for a source text."""
    done = subprocess.run([*command, "-M", "-x", "c++", "-"], input=text, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout.replace("\\\n", " ").split()


def violations(command, text):
    found = []
    for path in opened(command, text):
        found += [f"{what}: {path}" for what, pattern in FORBIDDEN.items() if re.search(pattern, path)]
    return found


def main():
    command = [argument for argument in sys.argv[1:] if argument != "-I"]
    # The check itself must be able to fail.
    for text in ("#include <boost/beast/core/error.hpp>\n", "#include <boost/json/value.hpp>\n",
                 "#include <openssl/ssl.h>\n"):
        if not violations(command, text):
            sys.exit(f"umbrella.py does not notice {text.strip()}")
    found = violations(command, "#include <hfasync/hfasync.hpp>\n")
    if found:
        print("<hfasync/hfasync.hpp> must stay light, but opens:", *found[:20], sep="\n  ")
        return 1
    print("<hfasync/hfasync.hpp> opens", len(opened(command, "#include <hfasync/hfasync.hpp>\n")), "files, none forbidden")
    return 0


if __name__ == "__main__":
    sys.exit(main())
