#include "cli/method.hpp"

namespace hfasync::cli {

template <>
struct ObjectMethods<InferenceEndpoint> {
    static void add(std::map<std::string_view, Callable>& methods, const InferenceEndpoint& endpoint)
    {
        methods["fetch"] = object_method<&InferenceEndpoint::fetch>(endpoint, "fetch");
        methods["wait"] = object_method<&InferenceEndpoint::wait>(endpoint, "wait");
        methods["update"] = object_method<&InferenceEndpoint::update>(endpoint, "update");
        methods["pause"] = object_method<&InferenceEndpoint::pause>(endpoint, "pause");
        methods["resume"] = object_method<&InferenceEndpoint::resume>(endpoint, "resume");
        methods["scale_to_zero"] =
            object_method<&InferenceEndpoint::scale_to_zero>(endpoint, "scale_to_zero");
        methods["delete"] = object_method<&InferenceEndpoint::delete_>(endpoint, "delete");
    }
};

void add_endpoints_methods(MethodList& list)
{
    list.push_back(method<&HfApi::list_inference_endpoints>("list_inference_endpoints"));
    list.push_back(method<&HfApi::create_inference_endpoint>("create_inference_endpoint", {"name"}));
    list.push_back(method<&HfApi::get_inference_endpoint>("get_inference_endpoint", {"name"}));
    list.push_back(method<&HfApi::update_inference_endpoint>("update_inference_endpoint", {"name"}));
    list.push_back(method<&HfApi::delete_inference_endpoint>("delete_inference_endpoint", {"name"}));
    list.push_back(method<&HfApi::pause_inference_endpoint>("pause_inference_endpoint", {"name"}));
    list.push_back(method<&HfApi::resume_inference_endpoint>("resume_inference_endpoint", {"name"}));
    list.push_back(
        method<&HfApi::scale_to_zero_inference_endpoint>("scale_to_zero_inference_endpoint", {"name"}));
}

} // namespace hfasync::cli
