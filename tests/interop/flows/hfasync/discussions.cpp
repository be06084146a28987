// Discussions and pull requests.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

using Names = std::vector<std::string>;

Names kinds(const DiscussionWithDetails& details)
{
    Names out;
    for (const auto& event : details.events)
        out.push_back(common_part(event).type);
    return out;
}

std::vector<std::int64_t> numbers(const std::vector<Discussion>& discussions)
{
    std::vector<std::int64_t> out;
    for (const auto& one : discussions)
        out.push_back(one.num);
    return out;
}

Task talk_about(Run run, std::string id, std::string type)
{
    const auto made = co_await run.bob.create_discussion(id, "  Does it work? ",
                                                         {.description = "*Really* 安", .repo_type = type});
    const auto num = made.discussion.num;
    run.same(num, 1, "the first number");
    run.same(made.discussion.title, "Does it work?", "title");
    run.same(made.discussion.author, "bob", "author");
    run.check(made.discussion.status == DiscussionStatus::open && !made.discussion.is_pull_request, "open");
    run.check(!made.diff && !made.discussion.git_reference(), "no pull request");
    run.same(std::get<DiscussionComment>(made.events.at(0)).content, "*Really* 安", "the description");
    const auto comment = co_await run.bob.comment_discussion(id, num, "*Yes* ✓", {.repo_type = type});
    run.same(comment.content, "*Yes* ✓", "comment");
    run.same(comment.event.author, "bob", "its author");
    run.check(!comment.edited && !comment.hidden, "as it was written");
    co_await run.raises<HfHubHTTPError>(
        run.ann.edit_discussion_comment(id + "-none", num, comment.event.id, "x"), "no such repo", 404);
    const auto edited =
        co_await run.bob.edit_discussion_comment(id, num, comment.event.id, "No", {.repo_type = type});
    run.check(edited.edited && edited.content == "No", "edited");
    run.same(edited.number_of_edits(), 1u, "once");
    run.same(edited.edit_history().at(0)["raw"].as_string(), "*Yes* ✓", "what it was");
    run.same(edited.last_edited_by(), "bob", "by whom");
    const auto hidden =
        co_await run.ann.hide_discussion_comment(id, num, comment.event.id, {.repo_type = type});
    run.check(hidden.hidden && hidden.content != "No", "hidden");
    const auto renamed = co_await run.ann.rename_discussion(id, num, "It does not", {.repo_type = type});
    run.same(renamed.old_title, "Does it work?", "old title");
    run.same(renamed.new_title, "It does not", "new title");
    const auto closed = co_await run.ann.change_discussion_status(id, num, DiscussionStatus::closed,
                                                                  {.comment = "Done", .repo_type = type});
    run.check(closed.new_status == DiscussionStatus::closed, "closed");
    co_await run.raises<BadRequestError>(
        run.ann.change_discussion_status(id, num, DiscussionStatus::closed, {.repo_type = type}),
        "closed twice", 400);
    const auto now = co_await run.ann.get_discussion_details(id, num, {.repo_type = type});
    run.same(kinds(now), (Names{"comment", "comment", "title-change", "comment", "status-change"}), "events");
    run.same(now.discussion.title, "It does not", "the title now");
    run.check(now.discussion.status == DiscussionStatus::closed, "closed now");
    run.same(numbers(co_await run.ann
                         .get_repo_discussions(
                             id, {.discussion_status = DiscussionStatusFilter::closed, .repo_type = type})
                         .collect()),
             std::vector<std::int64_t>{1}, "found among the closed");
    co_await run.ann.change_discussion_status(id, num, DiscussionStatus::open, {.repo_type = type});
    run.check((co_await run.ann.get_discussion_details(id, num, {.repo_type = type})).discussion.status ==
                  DiscussionStatus::open,
              "open again");
}

Task list_discussions(Run run, std::string id)
{
    for (int i = 2; i <= 13; ++i) // more than a page
        co_await run.ann.create_discussion(id, "Number " + std::to_string(i));
    co_await run.ann.create_pull_request(id, "A change");
    co_await run.ann.change_discussion_status(id, 3, DiscussionStatus::closed);
    std::vector<std::int64_t> all;
    for (std::int64_t i = 14; i > 0; --i)
        all.push_back(i);
    run.same(numbers(co_await run.ann.get_repo_discussions(id).collect()), all, "all, the newest first");
    auto by = [&](GetRepoDiscussionsOptions options) {
        return run.ann.get_repo_discussions(id, std::move(options));
    };
    run.same(numbers(co_await by({.author = "bob"}).collect()), std::vector<std::int64_t>{1}, "by author");
    run.same(numbers(co_await by({.discussion_type = DiscussionTypeFilter::pull_request}).collect()),
             std::vector<std::int64_t>{14}, "pull requests");
    run.same(numbers(co_await by({.discussion_type = DiscussionTypeFilter::discussion}).collect()).size(),
             13u, "no pull requests");
    run.same(numbers(co_await by({.discussion_status = DiscussionStatusFilter::closed}).collect()),
             std::vector<std::int64_t>{3}, "closed ones");
    run.check((co_await by({.author = "nobody & co"}).collect()).empty(), "of nobody");
}

Task talk(Run run)
{
    for (const std::string type : {"model", "dataset", "space"}) {
        CreateRepoOptions options{.repo_type = type};
        if (type == "space") options.space_sdk = "static";
        co_await talk_about(run, co_await run.make_repo("ann/discussions-talk-" + type, options), type);
    }
    const std::string id = "ann/discussions-talk-model";
    co_await list_discussions(run, id);
    co_await run.raises<BadRequestError>(run.ann.create_discussion(id, "  "), "no title", 400);
    co_await run.raises<HfHubHTTPError>(run.ann.get_discussion_details(id, 99), "no such discussion", 404);
    co_await run.raises<HfHubHTTPError>(run.nobody.comment_discussion(id, 1, "x"), "without a token", 401);
}

Task pull_request(Run run)
{
    const auto id = co_await run.make_repo("ann/discussions-pull");
    const auto head = co_await run.put(id, "a.txt", "a\n");
    const auto commit = co_await run.bob.upload_file(
        UploadSource::bytes("b\n"), "b.txt", id,
        {.commit_message = "Add b", .commit_description = "Because", .create_pr = true});
    run.same(commit.pr_num, 1u, "number");
    run.same(commit.pr_revision, "refs/pr/1", "revision");
    run.same(commit.pr_url, run.endpoint() + "/" + id + "/discussions/1", "URL");
    run.same((co_await run.ann.model_info(id)).sha, head.oid, "main is as it was");
    run.check(!co_await run.ann.file_exists(id, "b.txt"), "no file of main");
    run.check(co_await run.ann.file_exists(id, "b.txt", {.revision = "refs/pr/1"}),
              "a file of its own revision");
    run.same(co_await run.get(id, "b.txt", {.revision = "refs/pr/1"}), "b\n", "which can be downloaded");
    const auto details = co_await run.ann.get_discussion_details(id, 1);
    run.check(details.discussion.is_pull_request && details.discussion.status == DiscussionStatus::open,
              "open");
    run.same(details.discussion.title, "Add b", "title");
    run.same(details.discussion.author, "bob", "author");
    run.same(details.discussion.git_reference(), "refs/pr/1", "git_reference");
    run.same(details.target_branch, "refs/heads/main", "target");
    run.check(details.diff && details.diff->find("+b\n") != std::string::npos, "diff");

    const auto draft = co_await run.bob.create_pull_request(id, "A draft", {.description = "Not yet"});
    run.check(draft.discussion.status == DiscussionStatus::draft, "a draft");
    const auto more = co_await run.bob.upload_file(UploadSource::bytes("c"), "c.txt", id,
                                                   {.revision = draft.discussion.git_reference()});
    const auto seen = co_await run.ann.get_discussion_details(id, draft.discussion.num);
    run.same(kinds(seen), (Names{"comment", "commit"}), "the commit is an event");
    run.same(std::get<DiscussionCommit>(seen.events[1]).oid, more.oid, "with its id");
    co_await run.raises<HfHubHTTPError>(run.bob.upload_file(UploadSource::bytes("c"), "c.txt", id),
                                        "main is not bob's", 403);
}

Task merge(Run run)
{
    const auto id = co_await run.make_repo("ann/discussions-merge");
    co_await run.put_all(id, {{"a.txt", "1\n2\n3\n4\n5\n"}, {"b.txt", "b\n"}});
    const auto draft = co_await run.bob.create_pull_request(id, "Better");
    const auto num = draft.discussion.num;
    co_await run.bob.upload_file(UploadSource::bytes("one\n2\n3\n4\n5\n"), "a.txt", id,
                                 {.revision = draft.discussion.git_reference()});
    co_await run.raises<BadRequestError>(run.ann.merge_pull_request(id, num), "a draft", 400);
    co_await run.bob.change_discussion_status(id, num, DiscussionStatus::open);
    co_await run.raises<HfHubHTTPError>(run.bob.merge_pull_request(id, num), "bob may not", 403);
    co_await run.put(id, "a.txt", "1\n2\n3\n4\nfive\n");
    co_await run.ann.merge_pull_request(id, num, {.comment = "Thanks"});
    const auto merged = co_await run.ann.get_discussion_details(id, num);
    run.check(merged.discussion.status == DiscussionStatus::merged, "merged");
    run.same(merged.merge_commit_oid, (co_await run.ann.model_info(id)).sha, "the head is its commit");
    const auto& last = std::get<DiscussionStatusChange>(merged.events.back());
    run.check(last.new_status == DiscussionStatus::merged, "as an event");
    run.same(co_await run.get(id, "a.txt"), "one\n2\n3\n4\nfive\n", "both sides are there");
    co_await run.raises<BadRequestError>(run.ann.merge_pull_request(id, num), "merged twice", 400);

    const auto theirs = co_await run.bob.upload_file(UploadSource::bytes("theirs\n"), "b.txt", id,
                                                     {.commit_message = "Theirs", .create_pr = true});
    const auto ours = co_await run.put(id, "b.txt", "ours\n");
    const auto number = static_cast<std::int64_t>(theirs.pr_num.value());
    const auto conflict = co_await run.ann.get_discussion_details(id, number);
    run.check(conflict.conflicting_files.has_value(), "conflicts are told");
    run.same(std::get<Names>(*conflict.conflicting_files), Names{"b.txt"}, "by file");
    co_await run.raises<ConflictError>(run.ann.merge_pull_request(id, number), "a conflict", 409);
    run.same((co_await run.ann.model_info(id)).sha, ours.oid, "nothing is merged");
    run.same(co_await run.get(id, "b.txt"), "ours\n", "the file is as it was");
}

} // namespace

Flows discussion_flows()
{
    return {
        {"discussions.talk", talk}, {"discussions.pull_request", pull_request}, {"discussions.merge", merge}};
}

} // namespace hfasync::flows
