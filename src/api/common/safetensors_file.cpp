#include "api/common/safetensors_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.hpp"
#include "http/error_map.hpp"
#include "policy/header_values.hpp"
#include "policy/safetensors_header.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

// "bytes=0-100000": what the reference asks for first.
constexpr std::size_t first_piece = 100'001;

/// Bytes of the file from `first` on: as many as were asked for, or all there are.
struct Piece {
    std::string bytes;
    std::optional<std::uint64_t> file_size; ///< when the Hub says it
};

struct Range {
    std::uint64_t first = 0;
    std::size_t size = 0;
};

std::string too_short(std::uint64_t size)
{
    return fmt::format("the file has {} bytes, but the length of the header alone takes 8. Please make sure "
                       "this is a correctly formatted safetensors file.",
                       size);
}

http::Request range_request(const HubPtr& hub, const SafetensorsFile& file, Range range)
{
    http::Request request;
    request.url = resolve_url(hub, file.repo.type, file.repo.id, file.filename, file.revision);
    request.auth.token = file.repo.token;
    request.headers.set("Range", fmt::format("bytes={}-{}", range.first, range.first + range.size - 1));
    return request;
}

/// Sends and leaves the body to be read; 2xx or the typed error.
asio::awaitable<http::Response> ask_range(HubPtr hub, const SafetensorsFile* file, Range range)
{
    auto response = co_await hub->client.send(range_request(hub, *file, range), scope_of(file->repo),
                                              http::Statuses::any);
    if (response.status >= 200 && response.status < 300) co_return response;
    const auto content_range = parse_content_range(response.headers.get("Content-Range"));
    // An empty file has no first byte.
    if (response.status == 416 && content_range && content_range->total.value_or(~0ULL) == 0)
        throw_safetensors_fault(*file, too_short(0));
    co_await http::throw_for_response(response, scope_of(file->repo));
    co_return response; // never: it throws
}

/// What stands before the range in the body: all of the file's start when the server ignores Range.
std::uint64_t bytes_to_skip(const http::Response& response, Range range, const SafetensorsFile& file)
{
    if (response.status != 206) return range.first;
    const auto content_range = parse_content_range(response.headers.get("Content-Range"));
    if (content_range && content_range->first && *content_range->first != range.first)
        throw_safetensors_fault(
            file,
            fmt::format("the Hub was asked for the bytes from {} on and sent those from {} on. Please try "
                        "again later.",
                        range.first, *content_range->first));
    return 0;
}

std::optional<std::uint64_t> size_of_file(const http::Response& response)
{
    if (response.status != 206) return response.content_length;
    const auto content_range = parse_content_range(response.headers.get("Content-Range"));
    return content_range ? content_range->total : std::nullopt;
}

/// What is left of the body stays unread: a server that ignores Range may send gigabytes.
asio::awaitable<std::string> read_body(http::Response* response, std::uint64_t skip, std::size_t size)
{
    std::string bytes(size, '\0');
    std::size_t used = 0;
    while (used < bytes.size()) {
        const auto got = co_await response->read_some(asio::buffer(bytes.data() + used, bytes.size() - used));
        if (got == 0) break;
        used += got;
        if (skip > 0) {
            const auto drop = std::min<std::uint64_t>(skip, used);
            bytes.erase(0, drop);
            bytes.resize(size);
            used -= drop;
            skip -= drop;
        }
    }
    bytes.resize(used);
    co_return bytes;
}

bool is_lost_body(const HubError& error)
{
    return error.code() == errc::connection_lost || error.code() == errc::timed_out;
}

/// One range; a body that breaks off is asked for again, as the retries of the Hub allow.
asio::awaitable<Piece> fetch_piece(HubPtr hub, const SafetensorsFile* file, Range range)
{
    for (int attempt = 0;; ++attempt) {
        auto response = co_await ask_range(hub, file, range);
        const auto skip = bytes_to_skip(response, range, *file);
        try {
            auto bytes = co_await read_body(&response, skip, range.size);
            // Keeps the connection if the range ends here.
            if (bytes.size() < range.size || response.status == 206) co_await response.drain();
            co_return Piece{.bytes = std::move(bytes), .file_size = size_of_file(response)};
        } catch (const HubError& error) {
            if (!is_lost_body(error) || attempt >= hub->options.retry.max_retries) throw;
        }
        response = {};
        const auto& retry = hub->options.retry;
        co_await hub->clock->sleep_until(hub->clock->now() +
                                         std::min(retry.base * (1 << std::min(attempt, 10)), retry.cap));
    }
}

std::uint64_t header_length(const Piece& start, const SafetensorsFile& file)
{
    const auto length = read_safetensors_length(start.bytes);
    if (!length) throw_safetensors_fault(file, too_short(start.bytes.size()));
    if (*length > most_safetensors_header)
        throw_safetensors_fault(
            file, fmt::format("safetensors header is too big. Maximum supported size is {} bytes (got {}).",
                              most_safetensors_header, *length));
    if (start.file_size && *start.file_size - safetensors_length_bytes < *length)
        throw_safetensors_fault(file,
                                fmt::format("the header has {} bytes by its first 8, but the whole file has "
                                            "{}. Please make sure this is a correctly formatted safetensors "
                                            "file.",
                                            *length, *start.file_size));
    return *length;
}

/// The JSON text alone, and the memory it takes.
struct Header {
    std::string text;
    Budget::Grant memory;
};

asio::awaitable<Header> fetch_header(HubPtr hub, const SafetensorsFile* file)
{
    std::uint64_t length = 0;
    {
        auto grant = co_await hub->memory.acquire(first_piece);
        auto start = co_await fetch_piece(hub, file, {.first = 0, .size = first_piece});
        length = header_length(start, *file);
        if (length <= first_piece - safetensors_length_bytes) {
            start.bytes.erase(0, safetensors_length_bytes);
            if (start.bytes.size() > length) start.bytes.resize(length);
            co_return Header{std::move(start.bytes), std::move(grant)};
        }
    }
    auto grant = co_await hub->memory.acquire(length);
    auto rest = co_await fetch_piece(
        hub, file, {.first = safetensors_length_bytes, .size = static_cast<std::size_t>(length)});
    co_return Header{std::move(rest.bytes), std::move(grant)};
}

SafetensorsFileMetadata make_metadata(SafetensorsHeader&& header, const SafetensorsFile& file)
{
    SafetensorsFileMetadata out;
    out.metadata = std::move(header.metadata);
    while (!header.tensors.empty()) {
        auto entry = header.tensors.extract(header.tensors.begin());
        auto& tensor = entry.mapped();
        add_parameter_count(out.parameter_count, tensor.dtype, tensor.parameter_count, file);
        out.tensors.emplace_hint(out.tensors.end(), std::move(entry.key()),
                                 TensorInfo{.dtype = std::move(tensor.dtype),
                                            .shape = std::move(tensor.shape),
                                            .data_offsets = tensor.data_offsets,
                                            .parameter_count = tensor.parameter_count});
    }
    return out;
}

SafetensorsFileMetadata read_header(const std::string& text, const SafetensorsFile& file)
{
    auto parsed = parse_safetensors_header(text);
    if (const auto* fault = std::get_if<HeaderFault>(&parsed))
        throw_safetensors_fault(file, fmt::format("{} ({}). Please make sure this is a correctly formatted "
                                                  "safetensors file.",
                                                  fault->is_json ? "header format not recognized"
                                                                 : "header is not json-encoded string",
                                                  fault->what));
    return make_metadata(std::get<SafetensorsHeader>(std::move(parsed)), file);
}

} // namespace

void throw_safetensors_fault(const SafetensorsFile& file, const std::string& why)
{
    ErrorContext context;
    context.path = printable(file.filename);
    throw SafetensorsParsingError(
        errc::safetensors_parse,
        fmt::format("Failed to parse safetensors header for '{}' (repo '{}', revision '{}'): {}",
                    context.path, file.repo.id, file.revision, why),
        context);
}

void add_parameter_count(std::map<std::string, std::uint64_t>& sums, const std::string& dtype,
                         std::uint64_t count, const SafetensorsFile& file)
{
    if (!add_parameters(sums[dtype], count))
        throw_safetensors_fault(file, fmt::format("the parameters of dtype '{}' add up to more than 2^63. "
                                                  "Please make sure this is a correctly formatted "
                                                  "safetensors file.",
                                                  printable(dtype.substr(0, 80))));
}

asio::awaitable<SafetensorsFileMetadata> read_safetensors_file(HubPtr hub, SafetensorsFile file)
{
    const auto header = co_await fetch_header(hub, &file);
    // Megabytes of JSON take a while: not on the io_context.
    co_return co_await hub->workers.run([&] { return read_header(header.text, file); });
}

} // namespace hfasync::detail
