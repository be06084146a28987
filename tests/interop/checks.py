"""What the judges share: counted checks, and calls that must fail."""

passed = []


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    passed.append(what)


def same(got, wanted, what):
    check(got == wanted, f"{what}: {got!r}, not {wanted!r}")


def raises(kind, call, what, status=None):
    """The error that the call ends with."""
    try:
        call()
    except kind as error:
        check(status is None or error.response.status_code == status, f"{what}: {error}")
        return error
    raise AssertionError(f"{what}: no {kind.__name__}")
