// The one place of the version; cmake/Version.cmake reads it here.
#pragma once

#define HFASYNC_VERSION "0.1.0"
