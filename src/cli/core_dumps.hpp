// What a crash, or a debugger of the same user, may see of this process.
#pragma once

namespace hfasync::cli {

/// Forbids core dumps and debuggers, since tokens are in this process' memory, unless the environment has
/// HFASYNC_CORE_DUMPS. A child that is executed is not concerned.
void forbid_core_dumps();

} // namespace hfasync::cli
