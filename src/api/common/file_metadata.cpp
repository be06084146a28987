#include "api/common/file_metadata.hpp"

#include <charconv>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "http/error_map.hpp"

namespace hfasync::detail {

namespace {

constexpr auto default_timeout = std::chrono::duration<double>(10); // the reference's DEFAULT_ETAG_TIMEOUT

std::optional<std::uint64_t> parse_size(std::optional<std::string_view> text)
{
    if (!text) return std::nullopt;
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), size);
    if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
    return size;
}

http::Request head_request(const HubPtr& hub, FileMetadataQuery& query)
{
    http::Request request;
    request.method = http::Method::head;
    request.url = std::move(query.url);
    request.auth.token = std::move(query.token);
    request.proxy = std::move(query.proxy);
    request.redirects = http::Redirects::relative_only;
    const auto timeout = query.timeout ? query.timeout : hub->options.etag_timeout;
    set_timeout(request, hub->options.timeouts, timeout.value_or(default_timeout).count());
    // Compressed, the length would not be the file's.
    request.headers.set("Accept-Encoding", "identity");
    return request;
}

} // namespace

std::optional<std::string> normalize_etag(std::string_view header)
{
    if (header.starts_with("W/")) header.remove_prefix(2);
    while (header.starts_with('"'))
        header.remove_prefix(1);
    while (header.ends_with('"'))
        header.remove_suffix(1);
    if (header.empty()) return std::nullopt;
    return std::string(header);
}

boost::asio::awaitable<FileHead> head_file(HubPtr hub, FileMetadataQuery query)
{
    auto request = head_request(hub, query);
    auto response = co_await hub->client.send(std::move(request), query.scope, http::Statuses::any);
    FileHead head;
    const auto& headers = response.headers;
    if (const auto commit = headers.find("X-Repo-Commit")) head.metadata.commit_hash = std::string(*commit);
    if (response.status >= 400) {
        try {
            http::throw_for_answer({.status = response.status,
                                    .method = response.method,
                                    .url = response.url,
                                    .headers = headers,
                                    .body = {}},
                                   query.scope);
        } catch (...) {
            head.failure = std::current_exception();
        }
        co_return head;
    }
    // The linked ones are the file's own; ETag and length of a redirect are those of its LFS pointer.
    if (const auto etag =
            headers.find("X-Linked-Etag") ? headers.find("X-Linked-Etag") : headers.find("ETag"))
        head.metadata.etag = normalize_etag(*etag);
    const auto linked_size = headers.find("X-Linked-Size");
    head.metadata.size = parse_size(linked_size ? linked_size : headers.find("Content-Length"));
    head.url = response.url;
    head.metadata.location = response.url.text();
    if (const auto location = headers.find("Location"); location && response.status >= 300) {
        head.metadata.location = std::string(*location);
        auto target = response.url.resolve(*location);
        if (!target)
            throw HubError(errc::bad_redirect,
                           "The Hub sent a Location that is no URL for " + response.url.redacted());
        const bool insecure_allowed =
            hub->options.allow_insecure_redirects || !http::Url::parse(hub->options.endpoint).tls();
        if (response.url.tls() && !target->tls() && !insecure_allowed)
            throw HubError(errc::bad_redirect,
                           "The Hub redirects to an address without encryption, which is refused: " +
                               target->redacted());
        head.url = std::move(*target);
    }
    co_return head;
}

void require_metadata(const FileHead& head)
{
    const auto missing = [&](const char* what) {
        throw FileMetadataError(
            errc::file_metadata,
            fmt::format(
                "The Hub did not tell the {} of {}; the address may lead to something that is not a Hub.",
                what, head.url.redacted()));
    };
    if (!head.metadata.commit_hash) missing("commit (X-Repo-Commit)");
    if (!head.metadata.etag) missing("ETag");
    if (!head.metadata.size) missing("size");
}

boost::asio::awaitable<HfFileMetadata> get_file_metadata(HubPtr hub, FileMetadataQuery query)
{
    auto head = co_await head_file(std::move(hub), std::move(query));
    if (head.failure) std::rethrow_exception(head.failure);
    co_return std::move(head.metadata);
}

boost::asio::awaitable<bool> has_file(HubPtr hub, FileMetadataQuery query)
{
    try {
        co_await get_file_metadata(std::move(hub), std::move(query));
        co_return true;
    } catch (const GatedRepoError&) {
        throw;
    } catch (const RepositoryNotFoundError&) {
        co_return false;
    } catch (const EntryNotFoundError&) {
        co_return false;
    } catch (const RevisionNotFoundError&) {
        co_return false;
    }
}

} // namespace hfasync::detail
