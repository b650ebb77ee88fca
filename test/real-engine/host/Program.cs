// The durable engine, triggers and router that run in Azure, from their NuGet packages, with our functions in a Node worker behind them.
// Not here: the Script host (its packages are not public), authentication, scaling.
// Flags: --app-dir FOLDER --hub NAME --port N --worker SCRIPT --state FOLDER [--polling TIMESPAN] [--hidden TIMESPAN]. Prints one JSON line when it is ready; ends on SIGTERM or when stdin closes.
using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;
using Microsoft.Azure.WebJobs.Extensions.Http;
using Microsoft.Azure.WebJobs.Extensions.Timers;
using Microsoft.Azure.WebJobs.Host;
using Microsoft.Azure.WebJobs.Host.Config;
using Sluice.RealEngine;

var said = Console.Out;
Console.SetOut(TextWriter.Null); // the extension writes its telemetry there
var flags = args.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
var appDir = Path.GetFullPath(flags["--app-dir"]);
var hostJson = JsonNode.Parse(File.ReadAllText(Path.Combine(appDir, "host.json")))!.AsObject();

// The web server comes first: its port is part of the URLs that the extension hands out.
var builder = WebApplication.CreateBuilder();
builder.Logging.ClearProviders();
builder.Services.AddRouting();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Listen(IPAddress.Loopback, int.Parse(flags.GetValueOrDefault("--port", "0")));
    kestrel.Limits.MaxRequestBodySize = 104_857_600; // FUNCTIONS_REQUEST_BODY_SIZE_LIMIT
});
await using var web = builder.Build();
RequestDelegate answer = context =>
{
    context.Response.StatusCode = 503;
    return Task.CompletedTask;
};
web.Run(context => answer(context));
await web.StartAsync();
var port = new Uri(web.Urls.First()).Port;
var origin = $"http://localhost:{port}";
Environment.SetEnvironmentVariable("WEBSITE_HOSTNAME", $"localhost:{port}");
Environment.SetEnvironmentVariable("FUNCTIONS_WORKER_RUNTIME", "node"); // the extension then takes Node's protocol

await using var worker = new Worker(["node", "--disable-warning=ExperimentalWarning", flags["--worker"], appDir]);
await worker.EnsureStartedAsync();
Bridge.Worker = worker;

var webhooks = new Webhooks(origin);
using var jobs = new HostBuilder()
    .ConfigureAppConfiguration(configuration =>
    {
        configuration.AddEnvironmentVariables();
        configuration.AddInMemoryCollection(Flatten("AzureWebJobs", hostJson));
        configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AzureWebJobs:extensions:durableTask:hubName"] = flags["--hub"],
            ["AzureWebJobs:extensions:durableTask:storageProvider:maxQueuePollingInterval"] = flags.GetValueOrDefault("--polling", "00:00:01"),
            // What a killed host was doing is hidden from others so long; in Azure five minutes, at least one.
            ["AzureWebJobs:extensions:durableTask:storageProvider:controlQueueVisibilityTimeout"] = flags.GetValueOrDefault("--hidden", "00:05:00"),
            ["AzureWebJobs:extensions:durableTask:storageProvider:workItemQueueVisibilityTimeout"] = flags.GetValueOrDefault("--hidden", "00:05:00"),
        });
    })
    .ConfigureWebJobs(webJobs => webJobs.AddDurableTask().AddAzureStorageCoreServices().AddAzureStorageBlobs(options =>
        options.PoisonBlobThreshold = (int?)hostJson["extensions"]?["blobs"]?["poisonBlobThreshold"] ?? 5).AddAzureStorageQueues().AddTimers().AddHttp().UseHostId(flags["--hub"].ToLowerInvariant()))
    .ConfigureLogging(logging => logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)
        .SetMinimumLevel(Enum.Parse<LogLevel>(Environment.GetEnvironmentVariable("REAL_ENGINE_LOG") ?? "Error")))
    .ConfigureServices(services =>
    {
        services.AddSingleton<ITypeLocator>(FunctionTypes.Emit(worker.Functions));
        services.AddSingleton<IWebHookProvider>(webhooks);
        // The monitor of this timers package needs an older storage package than the triggers; when a timer ran last is kept in files.
        services.AddSingleton<ScheduleMonitor>(new FileSystemScheduleMonitor { StatusFilePath = flags["--state"] });
        services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(10));
    })
    .Build();
await jobs.StartAsync();
var jobHost = (JobHost)jobs.Services.GetRequiredService<IJobHost>();

// As FunctionMetadataManager orders functions: by name, without case.
var router = new WebJobsRouter(web.Services.GetRequiredService<IInlineConstraintResolver>());
var routes = router.CreateBuilder(new RouteHandler(jobHost), (string?)hostJson["extensions"]?["http"]?["routePrefix"] ?? "api");
foreach (var (name, bindings) in worker.Functions.OrderBy(function => function.Key, StringComparer.OrdinalIgnoreCase))
{
    var http = bindings!.AsObject().FirstOrDefault(b => ((string)b.Value!["type"]!).Equals("httpTrigger", StringComparison.OrdinalIgnoreCase)).Value;
    if (http is null) continue;
    var methods = (http["methods"] as JsonArray)?.Select(method => ((string)method!).ToUpperInvariant()).ToArray() ?? ["GET", "POST"];
    var constraints = new RouteValueDictionary { ["httpMethod"] = new HttpMethodRouteConstraint(methods) };
    routes.MapFunctionRoute(name, (string?)http["route"] ?? name, constraints, name);
}
router.AddFunctionRoutes(routes.Build(), null);

answer = async context =>
{
    var path = context.Request.Path.Value ?? "";
    if (path == "/admin/worker")
    {
        await context.Response.WriteAsJsonAsync(new { pid = worker.Pid });
        return;
    }
    if (await webhooks.AnswerAsync(context)) return;
    var route = new RouteContext(context);
    await router.RouteAsync(route);
    if (route.Handler is null)
    {
        context.Response.StatusCode = 404;
        return;
    }
    context.Items[HttpMessages.RouteValues] = new Dictionary<string, object?>(route.RouteData.Values!);
    await route.Handler(context);
};
said.WriteLine(JsonSerializer.Serialize(new { ready = true, port, url = origin, pid = Environment.ProcessId, functions = worker.Functions.Select(f => f.Key) }));

using var ended = new CancellationTokenSource();
using var term = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    ended.Cancel();
});
_ = Task.Run(() =>
{
    while (Console.In.Read() >= 0) { } // whoever started us is gone when stdin ends
    ended.Cancel();
});
try { await Task.Delay(Timeout.Infinite, ended.Token); }
catch (OperationCanceledException) { }
// Work that does not end in time is left, as a host that is scaled in leaves it.
await Task.WhenAny(Task.WhenAll(jobs.StopAsync(), web.StopAsync()), Task.Delay(TimeSpan.FromSeconds(30)));
await worker.DisposeAsync();
Environment.Exit(0);

static IEnumerable<KeyValuePair<string, string?>> Flatten(string prefix, JsonNode? node) => node switch
{
    JsonObject members => members.SelectMany(member => Flatten($"{prefix}:{member.Key}", member.Value)),
    JsonArray items => items.SelectMany((item, index) => Flatten($"{prefix}:{index}", item)),
    _ => [new(prefix, node?.ToString())],
};

/// <summary>Runs the function whose route fits.</summary>
sealed class RouteHandler(JobHost jobs) : IWebJobsRouteHandler
{
    public async Task InvokeAsync(HttpContext context, string functionName)
    {
        try
        {
            await jobs.CallAsync(functionName, new Dictionary<string, object> { [FunctionTypes.Trigger] = context.Request });
        }
        catch (FunctionInvocationException)
        {
            if (!context.Response.HasStarted) context.Response.StatusCode = 500;
        }
    }
}

/// <summary>Extensions that answer requests of their own: `/runtime/webhooks/NAME`.</summary>
sealed class Webhooks(string origin) : IWebHookProvider
{
    private readonly ConcurrentDictionary<string, IAsyncConverter<HttpRequestMessage, HttpResponseMessage>> handlers = new();

    public Uri GetUrl(IExtensionConfigProvider extension)
    {
        var name = extension.GetType().Name.Replace("Extension", "").Replace("ConfigProvider", "").Replace("sProvider", "s").ToLowerInvariant();
        if (extension is IAsyncConverter<HttpRequestMessage, HttpResponseMessage> handler) handlers[name] = handler;
        return new Uri($"{origin}/runtime/webhooks/{name}?code=none");
    }

    public async Task<bool> AnswerAsync(HttpContext context)
    {
        var parts = (context.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 3 || parts[0] != "runtime" || parts[1] != "webhooks") return false;
        if (!handlers.TryGetValue(parts[2].ToLowerInvariant(), out var handler))
        {
            context.Response.StatusCode = 404;
            return true;
        }
        using var request = await HttpMessages.ToMessageAsync(context.Request);
        try
        {
            using var response = await handler.ConvertAsync(request, context.RequestAborted);
            await HttpMessages.WriteAsync(context.Response, response);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            Console.Error.WriteLine(error); // the real host answers 500 and logs it
            context.Response.StatusCode = 500;
        }
        return true;
    }
}
