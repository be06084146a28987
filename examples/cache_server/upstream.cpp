#include "upstream.hpp"

#include <algorithm>
#include <utility>

#include <hfasync/api/datasets.hpp>
#include <hfasync/api/files.hpp>
#include <hfasync/api/models.hpp>
#include <hfasync/api/spaces.hpp>
#include <hfasync/hf_hub_url.hpp>
#include <hfasync/result.hpp>
#include <hfasync/revision.hpp>
#include <hfasync/transfer/remote_file.hpp>

namespace cache_server {

using namespace std::chrono_literals;
using hfasync::errc;
using hfasync::RepoType;

namespace {

hfasync::HubOptions for_transfers(const Options& options, Metrics& metrics)
{
    auto out = options.upstream;
    // Every call names the token of who asked; nothing else may be sent in its place.
    out.token = false;
    out.ambient_token.reset();
    out.disable_implicit_token = true;
    out.library_name = "hfasync-cache";
    out.on_request = [&metrics](const hfasync::RequestReport&) { ++metrics.upstream_requests; };
    return out;
}

hfasync::HubOptions for_questions(const Options& options, Metrics& metrics)
{
    auto out = for_transfers(options, metrics);
    out.retry.max_retries = std::min(out.retry.max_retries, 1);
    out.retry.base = 100ms;
    out.retry.server_cap = 1s;
    out.timeouts.connect = 3s;
    out.timeouts.first_byte = 8s; // the reference client gives a HEAD ten seconds
    return out;
}

bool is_open(const std::optional<bool>& is_private, const std::optional<hfasync::Gated>& gated,
             const std::optional<bool>& disabled)
{
    const auto* flag = gated ? std::get_if<bool>(&*gated) : nullptr;
    const bool free = !gated || (flag != nullptr && !*flag);
    return free && !is_private.value_or(false) && !disabled.value_or(false);
}

} // namespace

Upstream::Upstream(const asio::any_io_executor& executor, const Options& options, Metrics& metrics)
    : options_(options), metrics_(metrics), questions_(executor, for_questions(options, metrics)),
      transfers_(executor, for_transfers(options, metrics)), raw_(executor, options)
{
}

void Upstream::close()
{
    questions_.close();
    transfers_.close();
}

void Upstream::note(errc outcome)
{
    if (unreachable(outcome) && outcome != errc::rate_limited)
        down_until_ = options_.now() + options_.down_for;
    else
        down_until_ = {};
}

asio::awaitable<FileFacts> Upstream::ask_facts(std::string url, hfasync::Token token)
{
    auto asked = co_await hfasync::as_result(
        hfasync::FilesApi(questions_).get_hf_file_metadata(url, {.token = std::move(token)}));
    note(asked.error());
    auto& found = asked.value();
    const auto etag = found.etag.value_or("");
    const bool known_hash = (etag.size() == 40 || etag.size() == 64) &&
                            etag.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!known_hash || !found.size || !found.commit_hash || !hfasync::is_commit_hash(*found.commit_hash))
        throw hfasync::FileMetadataError(errc::file_metadata,
                                         "The upstream names no commit, size or hash for this file.");
    co_return FileFacts{*found.commit_hash, etag, *found.size};
}

asio::awaitable<FileFacts> Upstream::file_facts(Repo repo, std::string revision, std::string path,
                                                hfasync::Token token, std::string scope)
{
    auto url = hfasync::hf_hub_url(
        questions_, repo.id, path,
        {.repo_type = std::string(hfasync::to_string(repo.type)), .revision = std::move(revision)});
    auto key = scope + '\n' + url;
    return facts_.ask(std::move(key), [this, url = std::move(url), token = std::move(token)] {
        return ask_facts(url, token);
    });
}

asio::awaitable<bool> Upstream::ask_public(Repo repo, hfasync::Strings fields)
{
    const auto open_one = [](const auto& info) { return is_open(info.private_, info.gated, info.disabled); };
    if (repo.type == RepoType::model)
        co_return open_one(
            co_await hfasync::ModelsApi(questions_).model_info(repo.id, {.expand = fields, .token = false}));
    if (repo.type == RepoType::dataset)
        co_return open_one(co_await hfasync::DatasetsApi(questions_)
                               .dataset_info(repo.id, {.expand = fields, .token = false}));
    co_return open_one(
        co_await hfasync::SpacesApi(questions_).space_info(repo.id, {.expand = fields, .token = false}));
}

asio::awaitable<bool> Upstream::ask_public(Repo repo)
{
    // Nothing but the fields that matter: the whole of a large repo's info is megabytes.
    const hfasync::Strings fields = repo.type == RepoType::space
                                        ? hfasync::Strings{"private", "disabled"}
                                        : hfasync::Strings{"private", "gated", "disabled"};
    auto asked = co_await hfasync::as_result(ask_public(repo, fields));
    if (asked.error() == errc::bad_request) co_return co_await ask_public(repo, {}); // no Hub of Hugging Face
    co_return asked.value();
}

asio::awaitable<bool> Upstream::is_public(Repo repo)
{
    auto asked =
        co_await hfasync::as_result(public_.ask(repo.key(), [this, repo] { return ask_public(repo); }));
    note(asked.error());
    if (!asked && refuses(asked.error())) co_return false;
    co_return asked.value();
}

hfasync::AsyncGenerator<std::string> Upstream::bytes(const Repo& repo, const std::string& path,
                                                     const FileFacts& facts,
                                                     const hfasync::Token& token) const
{
    return hfasync::stream_file(
        transfers_, repo.id, path,
        {.repo_type = std::string(hfasync::to_string(repo.type)), .revision = facts.commit, .token = token});
}

hfasync::AsyncGenerator<std::string> Upstream::part(const Repo& repo, const std::string& path,
                                                    const FileFacts& facts, const hfasync::Token& token,
                                                    std::uint64_t first, std::uint64_t end) const
{
    return hfasync::stream_file(transfers_, repo.id, path,
                                {.repo_type = std::string(hfasync::to_string(repo.type)),
                                 .revision = facts.commit,
                                 .token = token,
                                 .offset = first,
                                 .length = end - first});
}

asio::awaitable<RawAnswer> Upstream::ask(RawRequest request)
{
    ++metrics_.upstream_requests;
    auto asked = co_await hfasync::as_result(raw_.ask(std::move(request)));
    note(asked && asked->status >= 500 ? errc::server_error : asked.error());
    co_return std::move(asked.value());
}

asio::awaitable<RawAnswer> Upstream::ask_shared(RawRequest request, std::string key)
{
    return answers_.ask(std::move(key), [this, request = std::move(request)] { return ask(request); });
}

} // namespace cache_server
