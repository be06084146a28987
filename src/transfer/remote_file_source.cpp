#include "transfer/remote_file_source.hpp"

#include <fmt/format.h>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "base/path_rules.hpp"
#include "cache/layout.hpp"
#include "http/proxy.hpp"
#include "policy/header_values.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

RemoteSource::RemoteSource(RemoteFileQuery& query)
    : hub_(std::move(query.hub)), token_(std::move(query.token)), proxy_(http::proxies_of(query.proxies))
{
    if (query.etag_timeout) etag_timeout_ = std::chrono::duration<double>(*query.etag_timeout);
    path_ = query.subfolder && !query.subfolder->empty() ? *query.subfolder + "/" + query.filename
                                                         : std::move(query.filename);
    check_repo_path(path_);
}

asio::awaitable<std::shared_ptr<RemoteSource>> RemoteSource::find(RemoteFileQuery query)
{
    const auto type = query.repo_type ? parse_repo_type(*query.repo_type) : RepoType::model;
    const auto revision = query.revision.value_or(std::string(default_revision));
    const std::shared_ptr<RemoteSource> source(new RemoteSource(query));
    source->scope_ = {.what = std::string(to_string(type)) + " " + query.repo_id};
    const auto& hub = source->hub_;
    const auto head = co_await source->head(resolve_url(hub, type, query.repo_id, source->path_, revision));
    if (head.failure) std::rethrow_exception(head.failure);
    require_metadata(head);
    check_commit_hash(*head.metadata.commit_hash);
    source->commit_ = *head.metadata.commit_hash;
    source->etag_ = *head.metadata.etag;
    source->size_ = *head.metadata.size;
    source->set(head, resolve_url(hub, type, query.repo_id, source->path_, source->commit_));
    co_return source;
}

std::string RemoteSource::shown() const
{
    return printable(path_) + " of " + scope_.what;
}

asio::awaitable<FileHead> RemoteSource::head(http::Url url) const
{
    return head_file(
        hub_,
        {.url = std::move(url), .token = token_, .proxy = proxy_, .timeout = etag_timeout_, .scope = scope_});
}

void RemoteSource::set(const FileHead& head, http::Url pinned)
{
    resolve_url_ = std::move(pinned);
    const std::scoped_lock lock(mutex_);
    // Of the Hub itself only the URL with the commit will do: a branch may move on between two reads.
    url_ = head.url.origin() == resolve_url_.origin() ? resolve_url_ : head.url;
}

http::Request RemoteSource::request(std::uint64_t first, std::uint64_t last) const
{
    http::Request request;
    request.auth.token = token_;
    request.proxy = proxy_;
    request.headers.set("Accept-Encoding", "identity"); // a compressed body has no ranges
    const std::scoped_lock lock(mutex_);
    request.url = url_;
    if (first == 0 && last + 1 == size_) return request;
    request.headers.set("Range", fmt::format("bytes={}-{}", first, last));
    // Only what this very origin has said itself: the storage's ETag is not the one that the Hub tells.
    if (!validator_.empty() && validator_origin_ == url_.origin())
        request.headers.set("If-Range", validator_);
    return request;
}

bool RemoteSource::is_storage(const http::Response& response) const
{
    return response.url.origin() != resolve_url_.origin();
}

void RemoteSource::accept(const http::Response& response)
{
    const auto tag = response.headers.get("ETag");
    if (!is_storage(response)) {
        if (const auto commit = response.headers.find("X-Repo-Commit"); commit && *commit != commit_)
            throw_modified();
        // A regular file's ETag is its blob id, everywhere and for ever.
        const auto told = normalize_etag(tag);
        if (is_lower_hex(etag_, 40) && told && is_lower_hex(*told, 40) && *told != etag_) throw_modified();
    }
    const std::scoped_lock lock(mutex_);
    const auto origin = response.url.origin();
    if (is_strong_etag(tag)) {
        if (!validator_.empty() && validator_origin_ == origin && validator_ != tag) throw_modified();
        validator_ = tag;
        validator_origin_ = origin;
    }
    url_ = response.url; // the next read needs no redirect
}

asio::awaitable<void> RemoteSource::renew()
{
    const auto head = co_await this->head(resolve_url_);
    if (head.failure) std::rethrow_exception(head.failure);
    require_metadata(head);
    check_commit_hash(*head.metadata.commit_hash);
    const auto& metadata = head.metadata;
    if (metadata.commit_hash != commit_ || metadata.etag != etag_ || metadata.size != size_) throw_modified();
    const std::scoped_lock lock(mutex_);
    url_ = head.url.origin() == resolve_url_.origin() ? resolve_url_ : head.url;
}

void RemoteSource::throw_modified() const
{
    ErrorContext context;
    context.path = printable(path_);
    context.hint = "Open the file again to read what is there now";
    throw FileModified(
        errc::file_modified,
        fmt::format("{} is no longer the file that was opened (commit {}): the server answers with "
                    "another one. Open it again.",
                    shown(), commit_),
        std::move(context));
}

} // namespace hfasync::detail
