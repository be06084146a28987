// What the headers of safetensors files say.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/json_value.hpp>

namespace hfasync {

/// One tensor of a safetensors file. Source: `TensorInfo`.
struct TensorInfo {
    std::string dtype;                ///< "F32", "BF16", ...; undocumented types keep their text
    std::vector<std::uint64_t> shape; ///< empty: a scalar
    std::pair<std::uint64_t, std::uint64_t> data_offsets; ///< [begin, end) in the data behind the header
    std::uint64_t parameter_count = 0;                    ///< product of the shape; 1 for a scalar
    bool operator==(const TensorInfo&) const = default;
};
HFASYNC_DESCRIBE(TensorInfo, dtype, shape, data_offsets, parameter_count)

/// The header of one safetensors file. Source: `SafetensorsFileMetadata`.
struct SafetensorsFileMetadata {
    std::map<std::string, std::string> metadata;          ///< `__metadata__`; empty when there is none
    std::map<std::string, TensorInfo> tensors;            ///< by name
    std::map<std::string, std::uint64_t> parameter_count; ///< parameters by dtype
    bool operator==(const SafetensorsFileMetadata&) const = default;
};
HFASYNC_DESCRIBE(SafetensorsFileMetadata, metadata, tensors, parameter_count)

/// The headers of all safetensors files of a repo. Source: `SafetensorsRepoMetadata`.
struct SafetensorsRepoMetadata {
    std::optional<Json> metadata;                                  ///< of the index file; sharded repos only
    bool sharded = false;                                          ///< several files and an index
    std::map<std::string, std::string> weight_map;                 ///< tensor name to the file that has it
    std::map<std::string, SafetensorsFileMetadata> files_metadata; ///< by file name
    std::map<std::string, std::uint64_t> parameter_count;          ///< parameters by dtype, of all files
    bool operator==(const SafetensorsRepoMetadata&) const = default;
};
HFASYNC_DESCRIBE(SafetensorsRepoMetadata, metadata, sharded, weight_map, files_metadata, parameter_count)

} // namespace hfasync
