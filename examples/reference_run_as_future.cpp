// Calls in the background; docs/reference/run_as_future.md quotes it.
#include <hfasync/hfasync.hpp>

#include <iostream>

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hfasync::HfApi api(hub);
    //[run_as_future
    const auto content = hfasync::UploadSource::bytes("one");
    std::future<hfasync::CommitInfo> commit =
        api.run_as_future(api.upload_file(content, "log.txt", "acme/tiny"));
    std::future<bool> there = api.run_as_future(api.file_exists("acme/tiny", "log.txt"));
    std::cout << commit.get().oid << "\n"; // the result, or the exception of the call
    //]
    return there.get() ? 0 : 1; // calls run in the order in which they were queued
}
