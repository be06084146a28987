// preupload and commit.
#include <boost/json/array.hpp>

#include "base/encoding.hpp"
#include "emulator/access.hpp"
#include "emulator/commit_reader.hpp"
#include "emulator/json_text.hpp"
#include "emulator/routes/body.hpp"

namespace hfasync::emulator {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t commit_chunk = 256u << 10;

std::vector<store::UploadQuestion> read_files(const json::object& body)
{
    const auto* list = body.if_contains("files");
    if (!list || !list->is_array()) throw Refusal(400, "", "Invalid input: \"files\" must be an array");
    std::vector<store::UploadQuestion> out;
    for (const auto& item : list->get_array()) {
        if (!item.is_object()) throw Refusal(400, "", "Invalid input: \"files\" must hold objects");
        const auto& file = item.get_object();
        store::UploadQuestion question{
            .path = require_text(file, "path"), .size = whole_number(file, "size").value_or(0), .sample = {}};
        const auto sample = detail::base64_decode(text_or(file, "sample", ""));
        if (!sample) throw Refusal(400, "", "Invalid input: \"sample\" must be base64");
        question.sample = *sample;
        out.push_back(std::move(question));
    }
    return out;
}

/// A repo whose `rev` may be committed to: with write rights, or as one's own pull request.
/// \throws Refusal 403 in the words of `otherwise`; for a merged pull request
std::shared_ptr<store::Repo> committable(const Call& call, const std::string& otherwise)
{
    auto repo = contributable(call);
    if (call.request.query_flag("create_pr")) return repo;
    const auto pull_request = call.site.discussions.of(repo)->pull_request(call.param("rev"));
    if (pull_request && pull_request->status == "merged")
        throw Refusal(403, "", "This pull request has been merged");
    if (pull_request && pull_request->author == signed_in(call).account->name) return repo;
    if (call.site.store.accounts().permission(call.identity(), repo->settings()) < store::Permission::write)
        throw Refusal(403, "", otherwise);
    return repo;
}

/// A commit of a pull request is an event of its discussion, and may be what has made it.
void tell_discussion(const Call& call, const std::shared_ptr<store::Repo>& repo,
                     const store::CommitRequest& request, const store::CommitOutcome& outcome)
{
    const auto discussions = call.site.discussions.of(repo);
    if (outcome.pull_request) {
        const std::string_view prefix = request.revision.starts_with("refs/") ? "" : "refs/heads/";
        discussions->adopt(*outcome.pull_request,
                           {.author = request.author,
                            .title = request.title,
                            .description = request.description,
                            .is_pull_request = true},
                           outcome, std::string(prefix) + request.revision);
    } else if (outcome.changed) {
        if (const auto pull_request = discussions->pull_request(request.revision))
            discussions->add_commit(pull_request->num, request.author, outcome.commit, request.title);
    }
}

Reply preupload(Call& call)
{
    const auto repo = committable(call, "You don't have the required permissions to perform this action");
    const auto& revision = call.param("rev");
    const auto commit = repo->resolve(revision);
    const auto body = read_object(call.body);
    const auto files = read_files(body);
    // Those of the commit to come, which clients tell beforehand.
    const auto told = [&](std::string_view key) {
        return body.if_contains(key) ? std::optional(text_or(body, key, "")) : std::nullopt;
    };
    const auto decisions = repo->upload_modes(revision, files, told("gitIgnore"), told("gitAttributes"),
                                              call.site.options.lfs_threshold);
    JsonText out;
    out.open('{').key("files").open('[');
    for (std::size_t i = 0; i < files.size(); ++i) {
        out.open('{').key("path").string(files[i].path);
        out.key("uploadMode")
            .raw(decisions[i].lfs ? "\"lfs\"" : "\"regular\"")
            .key("shouldIgnore")
            .boolean(decisions[i].ignored);
        // What stands there now, so that a client can leave unchanged files out.
        if (const auto entry = repo->find(commit, files[i].path); entry && !entry->is_folder)
            out.key("oid").string(entry->lfs ? entry->lfs->hex() : entry->oid.hex());
        out.close('}');
    }
    return json_reply(out.close(']').key("commitOid").string(commit.hex()).close('}').take());
}

/// Sizes that the client left out, and objects that are elsewhere.
void settle_lfs(Site& site, CommitReader& reader)
{
    for (const auto place : reader.unsized_lfs()) {
        auto& file = std::get<store::AddLfs>(reader.operations()[place]);
        const auto object = site.store.objects().find_lfs(file.oid);
        if (!object) throw Refusal(400, "", "LFS pointer pointed to a file that does not exist");
        file.size = object->size;
    }
    if (!site.foreign_storage()) return;
    for (const auto& operation : reader.operations())
        if (const auto* file = std::get_if<store::AddLfs>(&operation))
            site.store.objects().trust_lfs(file->oid, file->size);
}

asio::awaitable<Reply> commit(Call& call)
{
    const auto repo = committable(call, "pass `create_pr=1` as a query parameter to create a Pull Request");
    const auto& revision = call.param("rev");
    repo->resolve(revision); // a wrong one is refused before a gigabyte has come in
    CommitReader reader(call.site.store.objects());
    {
        const auto buffer = std::make_unique_for_overwrite<char[]>(commit_chunk);
        while (const auto got = co_await call.exchange.read_body({buffer.get(), commit_chunk}))
            reader.feed({buffer.get(), got});
    }
    reader.finish();
    settle_lfs(call.site, reader);
    const auto& account = *signed_in(call).account;
    store::CommitRequest request;
    request.revision = revision;
    request.parent = reader.parent();
    request.author = account.name;
    request.email = store::Accounts::email(account);
    request.title = reader.summary();
    request.description = reader.description();
    request.operations = std::move(reader.operations());
    request.create_pr = call.request.query_flag("create_pr");
    const auto outcome = repo->commit(request);
    notify_commit(call.site, *repo, request.revision, outcome);
    tell_discussion(call, repo, request, outcome);
    const auto url = repo_url(call.site, *repo);
    JsonText out;
    out.open('{').key("success").boolean(true).key("commitOid").string(outcome.commit.hex());
    out.key("commitUrl").string(url + "/commit/" + outcome.commit.hex()).key("hookOutput").string("");
    if (outcome.pull_request)
        out.key("pullRequestUrl").string(url + "/discussions/" + std::to_string(*outcome.pull_request));
    co_return json_reply(out.close('}').take());
}

} // namespace

void add_commit_routes(Router& router)
{
    router.add("POST", "/api/{kind}/{id}/preupload/{rev}", {"create_pr"}, preupload);
    router.add_streaming("POST", "/api/{kind}/{id}/commit/{rev}", {"create_pr"}, commit);
}

} // namespace hfasync::emulator
