// The storage origin's address of an LFS object.
#pragma once

#include <string>

#include "emulator/store/repo.hpp"

namespace hfasync::emulator {

/// Where the storage origin has an object: "/repos/6a/5b/<repo>/<sha256>".
std::string storage_path(const store::Repo& repo, const store::Sha256& oid);

} // namespace hfasync::emulator
