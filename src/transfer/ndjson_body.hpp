// The body of a commit request: one JSON object a line, file contents in base64 made while it is sent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/addition.hpp"
#include "transfer/content_body.hpp"

namespace hfasync::detail {

/// One line: either whole, or a frame around an addition's content.
struct CommitLine {
    std::string before; ///< the whole line when there is no content
    AdditionPtr content{};
    std::string after{};
};

struct CommitHeader {
    std::string summary;
    std::string description;
    std::optional<std::string> parent_commit{};
};
CommitLine header_line(const CommitHeader& header);
CommitLine file_line(AdditionPtr addition);
/// `size` is left out for copies, as the reference does.
CommitLine lfs_line(std::string_view path, std::string_view oid, std::optional<std::uint64_t> size);
CommitLine delete_line(std::string_view path, bool is_folder);

/// Bytes of base64 text for n bytes.
constexpr std::uint64_t base64_size(std::uint64_t n)
{
    return (n + 2) / 3 * 4;
}
/// Exact length of the body.
std::uint64_t ndjson_size(const std::vector<CommitLine>& lines);

/// Streams the lines; holds one buffer of about 256 KiB, whatever the files weigh.
std::shared_ptr<http::BodySource> ndjson_body(HubPtr hub, std::vector<CommitLine> lines);

} // namespace hfasync::detail
