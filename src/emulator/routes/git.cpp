// git clone and fetch over smart HTTP: the repo as a bare git repository, served by the git program.
#include <array>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "emulator/access.hpp"
#include "emulator/git_process.hpp"

namespace hfasync::emulator {

namespace asio = boost::asio;

namespace {

/// What a client has and wants: 64 MiB are more than a million commits.
constexpr std::uint64_t body_limit = 64u << 20;

/// In the way that git shows to its user, and with the challenge at which it asks him for his token.
Refusal for_git(const Refusal& refusal)
{
    const int status = refusal.reply().status;
    if (status < 400) return refusal;
    Reply reply = text_reply(refusal.what(), status);
    reply.header("X-Error-Message", refusal.what());
    if (status == 401)
        reply.header("WWW-Authenticate", "Basic realm=\"Authentication required\", charset=\"UTF-8\"");
    return Refusal(std::move(reply));
}

std::shared_ptr<store::Repo> asked_repo(const Call& call)
{
    try {
        return content(call);
    } catch (const Refusal& refusal) {
        throw for_git(refusal);
    }
}

asio::awaitable<Reply> serve(Call& call, std::shared_ptr<store::Repo> repo, std::string service)
{
    Spool body = make_spool(call.site.store.data());
    std::array<char, 16u << 10> piece;
    while (const auto got = co_await call.exchange.read_body(piece)) {
        if (body.size + got > body_limit) throw for_git(Refusal(413, "", "request entity too large"));
        detail::write_all_at(body.file, std::as_bytes(std::span(piece).first(got)), body.size,
                             "the request's body");
        body.size += got;
    }
    // Files are written: not on a thread that serves others.
    auto folder = co_await asio::co_spawn(
        call.site.workers.get_executor(),
        [](std::shared_ptr<store::Repo> exported) -> asio::awaitable<std::filesystem::path> {
            co_return exported->git_folder();
        }(std::move(repo)),
        asio::use_awaitable);
    GitRequest request{.repo = std::move(folder), .service = std::move(service), .body = std::move(body)};
    try {
        co_return co_await run_git(call, std::move(request));
    } catch (const Refusal& refusal) {
        throw for_git(refusal);
    }
}

[[noreturn]] void refuse_push()
{
    throw for_git(Refusal(403, "", "The embedded Hub takes no git push: commit by its HTTP API"));
}

asio::awaitable<Reply> info_refs(Call& call)
{
    const auto service = call.request.query_value("service").value_or("");
    if (service == "git-receive-pack") refuse_push();
    auto repo = asked_repo(call);
    if (service != "git-upload-pack")
        throw for_git(
            Refusal(403, "", "The embedded Hub speaks git's smart HTTP only (service=git-upload-pack)"));
    return serve(call, std::move(repo), "info/refs");
}

asio::awaitable<Reply> upload_pack(Call& call)
{
    return serve(call, asked_repo(call), "git-upload-pack");
}

Reply receive_pack(Call&)
{
    refuse_push();
}

} // namespace

void add_git_routes(Router& router)
{
    for (const char* prefix : {"/datasets", "/spaces", ""})
        for (const char* id : {"/{git}", "/{id}"}) {
            const std::string start = std::string(prefix) + id;
            router.add_streaming("GET", start + "/info/refs", {"service"}, info_refs);
            router.add_streaming("POST", start + "/git-upload-pack", {}, upload_pack);
            router.add("POST", start + "/git-receive-pack", {}, receive_pack);
        }
}

} // namespace hfasync::emulator
