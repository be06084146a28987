#include "cli/core_dumps.hpp"

#include <cstdlib>

#include <sys/prctl.h>

namespace hfasync::cli {

void forbid_core_dumps()
{
    if (std::getenv("HFASYNC_CORE_DUMPS") == nullptr) ::prctl(PR_SET_DUMPABLE, 0);
}

} // namespace hfasync::cli
