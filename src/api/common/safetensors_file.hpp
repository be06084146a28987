// The header of one safetensors file of the Hub.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <string>

#include <hfasync/types/safetensors.hpp>

#include "api/common/repo_head.hpp"

namespace hfasync::detail {

struct SafetensorsFile {
    RepoRef repo;
    std::string filename; ///< checked
    std::string revision;
};

/// "Failed to parse <what> for '<file>' (repo ..., revision ...): <why>" and what to do.
[[noreturn]] void throw_safetensors_fault(const SafetensorsFile& file, const std::string& why);
/// Adds up parameters by dtype. \throws SafetensorsParsingError for `file` when a sum overflows
void add_parameter_count(std::map<std::string, std::uint64_t>& sums, const std::string& dtype,
                         std::uint64_t count, const SafetensorsFile& file);

/// Reads by range no more than the header. \throws SafetensorsParsingError, EntryNotFoundError, ...
boost::asio::awaitable<SafetensorsFileMetadata> read_safetensors_file(HubPtr hub, SafetensorsFile file);

} // namespace hfasync::detail
