# The one place of the version.
set(HFASYNC_VERSION 0.1.0)
