// The calls of the area "discussions"; docs/reference/discussions.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    co_await api.create_repo("acme/talks", {.exist_ok = true});
    //[create_discussion
    auto discussion =
        co_await api.create_discussion("acme/talks", "Which license?", {.description = "Please say."});
    std::cout << "number " << discussion.discussion.num << "\n";
    //]
    //[create_pull_request
    auto change = co_await api.create_pull_request("acme/talks", "Add a license");
    //]
    const auto content = hfasync::UploadSource::bytes("MIT");
    co_await api.upload_file(content, "LICENSE", "acme/talks",
                             {.revision = change.discussion.git_reference()});
    //[get_repo_discussions
    auto all =
        api.get_repo_discussions("acme/talks", {.discussion_status = hfasync::DiscussionStatusFilter::open});
    while (auto one = co_await all.next())
        std::cout << one->num << " " << one->title << (one->is_pull_request ? " (Pull Request)\n" : "\n");
    //]
    //[get_discussion_details
    auto details = co_await api.get_discussion_details("acme/talks", change.discussion.num);
    std::cout << details.events.size() << " events\n";
    //]
    //[comment_discussion
    auto comment =
        co_await api.comment_discussion("acme/talks", discussion.discussion.num, "See the Pull Request.");
    //]
    //[edit_discussion_comment
    co_await api.edit_discussion_comment("acme/talks", discussion.discussion.num, comment.event.id,
                                         "See Pull Request 2.");
    //]
    //[hide_discussion_comment
    co_await api.hide_discussion_comment("acme/talks", discussion.discussion.num, comment.event.id);
    //]
    //[rename_discussion
    co_await api.rename_discussion("acme/talks", discussion.discussion.num, "License");
    //]
    //[change_discussion_status
    co_await api.change_discussion_status("acme/talks", change.discussion.num,
                                          hfasync::DiscussionStatus::open);
    co_await api.change_discussion_status("acme/talks", discussion.discussion.num,
                                          hfasync::DiscussionStatus::closed, {.comment = "Answered"});
    //]
    //[merge_pull_request
    co_await api.merge_pull_request("acme/talks", change.discussion.num);
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
