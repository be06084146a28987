#include "cli/method.hpp"

void hfasync::cli::add_papers_methods(MethodList& list)
{
    list.push_back(method<&HfApi::list_papers>("list_papers"));
    list.push_back(method<&HfApi::paper_info>("paper_info", {"id"}));
}
