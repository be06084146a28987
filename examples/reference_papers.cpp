// The calls of the area "papers"; docs/reference/papers.md quotes them.
#include <hfasync/hfasync.hpp>
#include <iostream>

boost::asio::awaitable<void> run(hfasync::HfApi api)
{
    //[list_papers
    auto papers = api.list_papers({.query = "attention"});
    while (auto paper = co_await papers.next())
        std::cout << paper->id << " " << paper->title.value_or("") << "\n";
    //]
    //[paper_info
    const auto paper = co_await api.paper_info("1706.03762");
    std::cout << paper.title.value() << ", " << paper.upvotes.value_or(0) << " upvotes\n";
    //]
}

int main()
{
    hfasync::Hub hub(hfasync::HubOptions::from_env());
    hub.block_on(run(hfasync::HfApi(hub)));
}
