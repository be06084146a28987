#include "files.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <system_error>
#include <utility>

#include <hfasync/result.hpp>
#include <hfasync/revision.hpp>

namespace cache_server {

using hfasync::errc;

namespace {

[[noreturn]] void raise_absent(const std::string& path)
{
    throw hfasync::EntryNotFoundError(
        errc::entry_not_found, "Entry not found: " + path,
        {.status = 404, .error_code = "EntryNotFound", .server_message = "Entry not found"});
}

constexpr std::size_t longest_path = 4096;  // of Linux too: what cannot be downloaded is not asked for
constexpr std::chrono::hours absent_for{1}; // a commit does not change, but an upstream may err
constexpr std::size_t most_counted = 4096;  // cold files of which parts are asked for

Headers headers_of(const FileFacts& facts)
{
    Headers out{{"ETag", '"' + facts.etag + '"'},
                {"X-Repo-Commit", facts.commit},
                {"Accept-Ranges", "bytes"},
                {"Content-Type", facts.is_lfs() ? "application/octet-stream" : "text/plain; charset=utf-8"}};
    if (facts.is_lfs()) {
        out.emplace_back("X-Linked-Etag", '"' + facts.etag + '"');
        out.emplace_back("X-Linked-Size", std::to_string(facts.size));
    }
    return out;
}

} // namespace

std::string Files::key(const Repo& repo, const std::string& etag)
{
    // Repos share no bytes: who can make a repo could else name a blob that he may not read.
    return "objects/" + repo.key() + "/" + etag;
}

std::optional<std::string> Files::commit_now(const FileTarget& target) const
{
    if (hfasync::is_commit_hash(target.revision)) return target.revision;
    const auto ref = index_.ref(target.repo, target.revision);
    if (ref && options_.now() < ref->at + options_.branch_ttl) return ref->commit;
    return std::nullopt;
}

std::optional<FileFacts> Files::last_known(const FileTarget& target) const
{
    if (hfasync::is_commit_hash(target.revision))
        return index_.file(target.repo, target.revision, target.path);
    const auto ref = index_.ref(target.repo, target.revision);
    return ref ? index_.file(target.repo, ref->commit, target.path) : std::nullopt;
}

asio::awaitable<Files::Located> Files::locate_once(FileTarget target, Caller caller, bool is_public)
{
    const auto token = is_public ? hfasync::Token(false) : caller.token;
    const auto commit = commit_now(target);
    std::optional<FileFacts> old;
    if (is_public || access_.may_read(caller, target.repo, target.path)) {
        old = last_known(target);
        const bool due = commit && index_.is_due(target.repo, *commit, target.path, options_.now());
        if (old && commit && !due) co_return Located{*old, token};
        if (old && upstream_.down()) co_return Located{*old, token, true};
    }
    auto asked = co_await hfasync::as_result(upstream_.file_facts(
        target.repo, commit.value_or(target.revision), target.path, token, is_public ? "" : caller.name));
    if (asked) {
        if (!commit) index_.set_ref(target.repo, target.revision, {asked->commit, options_.now()});
        index_.set_file(target.repo, target.path, *asked);
        if (!is_public) access_.grant(caller, target.repo, target.path);
        co_return Located{*asked, token};
    }
    if (unreachable(asked.error()) && old) co_return Located{*old, token, true};
    if (refuses(asked.error())) access_.revoke(caller, target.repo, target.path);
    if (asked.error() == errc::entry_not_found && commit && is_public)
        index_.set_absent(target.repo, *commit, target.path, options_.now() + absent_for);
    co_return Located{asked.value(), token}; // throws
}

asio::awaitable<Files::Located> Files::locate(FileTarget target, Caller caller)
{
    if (target.path.size() > longest_path)
        throw hfasync::ValueError("The path of the file is longer than " + std::to_string(longest_path) +
                                  " bytes.");
    if (co_await openness_.is_public(target.repo)) {
        auto located = co_await hfasync::as_result(locate_once(target, caller, true));
        if (located || !refuses(located.error())) co_return std::move(located.value());
        openness_.closed(target.repo);
    }
    co_return co_await locate_once(std::move(target), std::move(caller), false);
}

asio::awaitable<Reply> Files::answer(FileRequest request)
{
    const auto located = co_await locate(request.target, request.caller);
    const auto& facts = located.facts;
    if (facts.absent()) raise_absent(request.target.path);
    Reply reply;
    if (names_etag(request.if_none_match, facts.etag)) {
        reply.status = 304;
    } else if (request.head) {
        reply.length = facts.size;
    } else {
        const auto wanted = wanted_range(request.range, request.if_range, facts.etag, facts.size);
        if (wanted.kind == RangeKind::unsatisfiable) {
            reply = error_reply(416, "", "The file has " + std::to_string(facts.size) + " bytes.");
            reply.headers.emplace_back("Content-Range", "bytes */" + std::to_string(facts.size));
            co_return reply;
        }
        reply = co_await content(request.target, located, wanted.range);
        reply.length = wanted.range.size();
        if (wanted.kind == RangeKind::part) {
            reply.status = 206;
            reply.headers.emplace_back("Content-Range", "bytes " + std::to_string(wanted.range.first) + "-" +
                                                            std::to_string(wanted.range.end - 1) + "/" +
                                                            std::to_string(facts.size));
        }
    }
    if (located.stale) reply.source = Source::stale;
    auto headers = headers_of(facts);
    reply.headers.insert(reply.headers.end(), headers.begin(), headers.end());
    co_return reply;
}

asio::awaitable<Reply> Files::content(FileTarget target, Located located, ByteRange range)
{
    Reply reply;
    if (located.facts.size == 0) { // there is nothing to fetch
        reply.source = Source::hit;
        co_return reply;
    }
    const auto name = key(target.repo, located.facts.etag);
    auto file = co_await store_.open(name);
    if (file && file->size() != located.facts.size) { // a power cut has left a part of it, say
        co_await store_.drop(name, file);
        file = nullptr;
    }
    if (file) {
        reply.source = Source::hit;
        reply.body = stored_body(std::move(file), store_.disk(), range.first, range.end);
        co_return reply;
    }
    reply.source = Source::miss;
    reply.body = co_await arriving(target, located, range);
    if (!reply.body) {
        reply.source = Source::bypass;
        reply.body = co_await passing(target, located, range);
    }
    co_return reply;
}

asio::awaitable<std::unique_ptr<Body>> Files::arriving(FileTarget target, Located located, ByteRange range)
{
    const auto size = located.facts.size;
    for (bool last = false;; last = true) {
        std::shared_ptr<Transfer> transfer;
        const auto at = transfers_.find(key(target.repo, located.facts.etag));
        if (at != transfers_.end() && !at->second->failed()) transfer = at->second;
        const bool joined = transfer != nullptr;
        // A part of a large file does not fetch all of it, and does not wait for what is far away.
        if (!joined && range.size() < size && size > options_.whole_below) {
            count_part(target, located, range);
            co_return nullptr;
        }
        if (joined && range.first > transfer->received() + options_.whole_below) co_return nullptr;
        if (!joined) transfer = start(target, located);
        std::exception_ptr failure;
        bool no_room = false, not_ours = false;
        try {
            co_await transfer->wait_for(range.first);
        } catch (const NoRoom&) {
            no_room = true;
        } catch (const hfasync::Error& error) {
            failure = std::current_exception();
            not_ours = joined && refuses(error.code()); // the one who began it may read it no more
        } catch (const std::system_error&) {
            no_room = true; // the disk is full or broken: the client gets its file all the same
        }
        if (no_room) co_return nullptr;
        if (!failure) co_return arriving_body(transfer, store_.disk(), range.first, range.end);
        if (!not_ours || last) std::rethrow_exception(failure);
    }
}

asio::awaitable<std::unique_ptr<Body>> Files::passing(FileTarget target, Located located, ByteRange range)
{
    return passing_body(
        range.size() == located.facts.size
            ? upstream_.bytes(target.repo, target.path, located.facts, located.token)
            : upstream_.part(target.repo, target.path, located.facts, located.token, range.first, range.end),
        metrics_);
}

std::shared_ptr<Transfer> Files::start(const FileTarget& target, const Located& located)
{
    const auto name = key(target.repo, located.facts.etag);
    const auto transfer = std::make_shared<Transfer>(executor_, name, located.facts.size);
    transfers_[name] = transfer;
    parts_.erase(name);
    auto bytes = upstream_.bytes(target.repo, target.path, located.facts, located.token);
    // Goes on when its readers have gone: they often come back, and the next one finds the file.
    asio::co_spawn(executor_, transfer->run(store_, metrics_, std::move(bytes)),
                   asio::bind_cancellation_slot(transfer->cancel().slot(),
                                                [this, transfer, name](const std::exception_ptr&) {
                                                    const auto at = transfers_.find(name);
                                                    if (at != transfers_.end() && at->second == transfer)
                                                        transfers_.erase(at);
                                                    background_.erase(transfer);
                                                    ended_.notify();
                                                }));
    return transfer;
}

void Files::count_part(const FileTarget& target, const Located& located, const ByteRange& range)
{
    const auto size = located.facts.size;
    if (parts_.size() >= most_counted) parts_.clear(); // costs each of them one more part
    auto& parts = parts_[key(target.repo, located.facts.etag)];
    // Readers of headers and footers ask for little, and more than once: they do not want the rest.
    if (range.size() >= options_.whole_below / 16) ++parts.count;
    parts.bytes += range.size();
    if (parts.count < 2 && parts.bytes < size / 2) return;
    if (background_.size() >= options_.background_transfers) return; // the next part tries again
    auto transfer = start(target, located);
    if (!transfer->failed()) background_.insert(std::move(transfer)); // no room: it has ended already
}

asio::awaitable<void> Files::stop()
{
    for (const auto& [name, transfer] : transfers_)
        transfer->cancel().emit(asio::cancellation_type::terminal);
    while (!transfers_.empty())
        co_await ended_.wait();
}

} // namespace cache_server
