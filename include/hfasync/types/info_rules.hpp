// What the options of the info calls have in common.
#pragma once

#include <array>

#include <hfasync/describe.hpp>

namespace hfasync {

/// `revision` is part of the path, `timeout` is not sent; `blobs` is the Hub's word for file metadata.
inline constexpr std::array repo_info_rules{
    FieldRule{.field = "revision", .in_query = false},
    FieldRule{.field = "timeout", .in_query = false},
    FieldRule{.field = "files_metadata",
              .query = "blobs",
              .only_true = true,
              .help = "Ask for size, blob id and LFS data of every file"},
};

} // namespace hfasync
