// Safetensors: get_safetensors_metadata, parse_safetensors_file_metadata.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <utility>

#include <hfasync/describe.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/safetensors.hpp>

namespace hfasync {

struct SafetensorsOptions {
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    std::optional<std::string> revision;  ///< branch, tag, commit or refs/pr/N; default: main
    Token token;
};
HFASYNC_DESCRIBE(SafetensorsOptions, repo_type, revision, token)
using GetSafetensorsMetadataOptions = SafetensorsOptions;
using ParseSafetensorsFileMetadataOptions = SafetensorsOptions;

/// What safetensors files hold, read from their headers: the tensors themselves are not downloaded.
///
/// A header is fetched by range (the first 100 kB; a longer one by a second request) and must follow the
/// rules of the format: at most 25 MB, JSON, whole and non-negative numbers, data without overlaps or gaps.
class SafetensorsApi {
public:
    explicit SafetensorsApi(Hub hub) : hub_(std::move(hub)) {}

    /// Returns the headers of `model.safetensors`, or of all files that `model.safetensors.index.json` names
    /// (at most eight at once). A cached index is not fetched again; none is added to the cache. *Errors*:
    /// NotASafetensorsRepoError when the repo has neither; SafetensorsParsingError naming file and place;
    /// GatedRepoError. Source: `get_safetensors_metadata`.
    boost::asio::awaitable<SafetensorsRepoMetadata>
    get_safetensors_metadata(std::string repo_id, GetSafetensorsMetadataOptions options = {}) const;

    /// Returns the header of one file.
    /// *Errors*: SafetensorsParsingError naming file and place; EntryNotFoundError, RepositoryNotFoundError,
    /// GatedRepoError, RevisionNotFoundError. Source: `parse_safetensors_file_metadata`.
    boost::asio::awaitable<SafetensorsFileMetadata>
    parse_safetensors_file_metadata(std::string repo_id, std::string filename,
                                    ParseSafetensorsFileMetadataOptions options = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
