#include "cli/method.hpp"

void hfasync::cli::add_discussions_methods(MethodList& list)
{
    list.push_back(method<&HfApi::get_repo_discussions>("get_repo_discussions", {"repo_id"}));
    list.push_back(
        method<&HfApi::get_discussion_details>("get_discussion_details", {"repo_id", "discussion_num"}));
    list.push_back(method<&HfApi::create_discussion>("create_discussion", {"repo_id", "title"}));
    list.push_back(method<&HfApi::create_pull_request>("create_pull_request", {"repo_id", "title"}));
    list.push_back(
        method<&HfApi::comment_discussion>("comment_discussion", {"repo_id", "discussion_num", "comment"}));
    list.push_back(
        method<&HfApi::rename_discussion>("rename_discussion", {"repo_id", "discussion_num", "new_title"}));
    list.push_back(method<&HfApi::change_discussion_status>("change_discussion_status",
                                                            {"repo_id", "discussion_num", "new_status"}));
    list.push_back(method<&HfApi::merge_pull_request>("merge_pull_request", {"repo_id", "discussion_num"}));
    list.push_back(method<&HfApi::edit_discussion_comment>(
        "edit_discussion_comment", {"repo_id", "discussion_num", "comment_id", "new_content"}));
    list.push_back(method<&HfApi::hide_discussion_comment>("hide_discussion_comment",
                                                           {"repo_id", "discussion_num", "comment_id"}));
}
