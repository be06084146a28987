// Branches, tags, lists of refs, squashed history.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

std::vector<std::pair<std::string, std::string>> targets(const std::vector<GitRefInfo>& refs)
{
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& ref : refs)
        out.emplace_back(ref.ref, ref.target_commit);
    std::sort(out.begin(), out.end());
    return out;
}

Task branches(Run run)
{
    const auto id = co_await run.make_repo("ann/refs-branches");
    const auto first = co_await run.put(id, "a.txt", "1");
    const auto second = co_await run.put(id, "a.txt", "2");
    co_await run.ann.create_branch(id, "old", {.revision = first.oid});
    const std::string odd = "feat/été-安";
    co_await run.ann.create_branch(id, odd);
    run.same(co_await run.get(id, "a.txt", {.revision = "old"}), "1", "a branch of a commit");
    run.same(co_await run.get(id, "a.txt", {.revision = odd}), "2", "a branch of main");
    co_await run.raises<ConflictError>(run.ann.create_branch(id, odd), "a second one", 409);
    co_await run.ann.create_branch(id, odd, {.exist_ok = true});
    const auto third = co_await run.put(id, "b.txt", "b", {.revision = odd});
    run.check(co_await run.ann.file_exists(id, "b.txt", {.revision = odd}), "a commit to the branch");
    run.check(!co_await run.ann.file_exists(id, "b.txt"), "main is as it was");
    run.same((co_await run.ann.model_info(id, {.revision = odd})).sha, third.oid, "head of the branch");
    run.same((co_await run.ann.model_info(id)).sha, second.oid, "head of main");
    co_await run.ann.create_branch(id, "from-branch", {.revision = odd});
    run.check(co_await run.ann.revision_exists(id, "from-branch"), "a branch of a branch");
    co_await run.raises<RevisionNotFoundError>(run.ann.create_branch(id, "x", {.revision = "none"}),
                                               "a branch of nothing", 404);
    co_await run.raises<HfHubHTTPError>(run.bob.create_branch(id, "bobs"), "not bob's", 403);
    for (const std::string name : {"old", odd.c_str(), "from-branch"}) {
        co_await run.ann.delete_branch(id, name);
        run.check(!co_await run.ann.revision_exists(id, name), name + " is gone");
    }
    co_await run.raises<RevisionNotFoundError>(run.ann.delete_branch(id, "old"), "deleted twice", 404);
    co_await run.raises<HfHubHTTPError>(run.ann.delete_branch(id, "main"), "main stays", 403);
    run.same(co_await run.get(id, "a.txt"), "2", "main is still there");
}

Task tags(Run run)
{
    const auto id = co_await run.make_repo("ann/refs-tags");
    const auto first = co_await run.put(id, "a.txt", "1");
    const auto second = co_await run.put(id, "a.txt", "2");
    co_await run.ann.create_tag(id, "v1", {.tag_message = "The first & best\n\nÉté", .revision = first.oid});
    co_await run.ann.create_tag(id, "v2");
    run.same(co_await run.get(id, "a.txt", {.revision = "v1"}), "1", "a tag of a commit");
    run.same(co_await run.get(id, "a.txt", {.revision = "v2"}), "2", "a tag of main");
    run.same((co_await run.ann.model_info(id, {.revision = "v1"})).sha, first.oid, "what a tag names");
    co_await run.raises<ConflictError>(run.ann.create_tag(id, "v1"), "a second one", 409);
    co_await run.ann.create_tag(id, "v1", {.exist_ok = true});
    run.same((co_await run.ann.model_info(id, {.revision = "v1"})).sha, first.oid, "it is as it was");
    co_await run.raises<RevisionNotFoundError>(run.ann.create_tag(id, "v3", {.revision = "none"}),
                                               "a tag of nothing", 404);
    co_await run.raises<HfHubHTTPError>(run.bob.create_tag(id, "bobs"), "not bob's", 403);
    const auto listed = targets((co_await run.ann.list_repo_refs(id)).tags);
    run.same(listed.size(), 2u, "tags are listed");
    run.same(listed[1], (std::pair<std::string, std::string>{"refs/tags/v2", second.oid}),
             "with their commits");
    co_await run.ann.delete_tag(id, "v1");
    run.check(!co_await run.ann.revision_exists(id, "v1"), "a tag is gone");
    run.check(co_await run.ann.revision_exists(id, "v2"), "the other stays");
    co_await run.raises<RevisionNotFoundError>(run.ann.delete_tag(id, "v1"), "deleted twice", 404);
}

Task list(Run run)
{
    using Targets = std::vector<std::pair<std::string, std::string>>;
    const auto id = co_await run.make_repo("ann/refs-list");
    const auto first = co_await run.put(id, "a.txt", "1");
    co_await run.ann.create_branch(id, "dev/one");
    co_await run.ann.create_tag(id, "v1");
    const auto second = co_await run.put(id, "a.txt", "2");
    const auto proposal = co_await run.put(id, "b.txt", "b", {.create_pr = true});
    const auto refs = co_await run.ann.list_repo_refs(id, {.include_pull_requests = true});
    run.same(targets(refs.branches),
             (Targets{{"refs/heads/dev/one", first.oid}, {"refs/heads/main", second.oid}}), "branches");
    run.same(targets(refs.tags), (Targets{{"refs/tags/v1", first.oid}}), "tags");
    run.check(refs.pull_requests.has_value(), "pull requests were asked for");
    run.same(targets(*refs.pull_requests), (Targets{{"refs/pr/1", proposal.oid}}), "pull requests");
    run.check(refs.converts.empty(), "converts");
    run.check(!(co_await run.ann.list_repo_refs(id)).pull_requests, "no pull requests unless asked for");
    co_await run.raises<RepositoryNotFoundError>(run.ann.list_repo_refs(id + "-none"), "no such repo", 404);
}

Task squash(Run run)
{
    const auto id = co_await run.make_repo("ann/refs-squash");
    for (const std::string text : {"1", "2", "3"})
        co_await run.put(id, "a.txt", text);
    const auto data = noise(4000);
    co_await run.put(id, "dir/w.bin", data);
    const auto files = sorted(co_await run.ann.list_repo_files(id).collect());
    const auto head = (co_await run.ann.model_info(id)).sha;
    run.same((co_await run.ann.list_repo_commits(id).collect()).size(), 5u, "commits before");
    co_await run.ann.super_squash_history(id, {.commit_message = "All in one"});
    const auto commits = co_await run.ann.list_repo_commits(id).collect();
    run.same(commits.size(), 1u, "commits after");
    run.same(commits[0].title, "All in one", "its message");
    run.check(commits[0].commit_id != head, "it is a new commit");
    run.same((co_await run.ann.model_info(id)).sha, commits[0].commit_id, "and the head");
    run.same(sorted(co_await run.ann.list_repo_files(id).collect()), files, "the same files");
    run.same(co_await run.get(id, "a.txt"), "3", "a regular file");
    run.same(co_await run.get(id, "dir/w.bin"), data, "an LFS file");
    co_await run.raises<RevisionNotFoundError>(run.ann.super_squash_history(id, {.branch = "none"}),
                                               "no such branch", 404);
    co_await run.raises<HfHubHTTPError>(run.bob.super_squash_history(id), "not bob's", 403);
}

} // namespace

Flows ref_flows()
{
    return {{"refs.branches", branches}, {"refs.tags", tags}, {"refs.list", list}, {"refs.squash", squash}};
}

} // namespace hfasync::flows
