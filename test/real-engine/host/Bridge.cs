// From the arguments that WebJobs bound to what the Node worker takes, and back. The shapes are those of the language worker's protocol.
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Azure.WebJobs;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Sluice.RealEngine;

public static class Bridge
{
    /// <summary>Set once, before the job host starts.</summary>
    public static Worker Worker { get; set; } = null!;

    /// <summary>Called by the emitted methods. <paramref name="names"/>: the parameters' names, a line each.</summary>
    /// <remarks>
    /// Away from the caller's scheduler: durable tasks call from one that runs nothing while it waits for the function, so that an
    /// awaited lock would never be continued. The Functions host has its own channel to the worker for the same reason.
    /// </remarks>
    public static Task<object?> InvokeAsync(string function, object?[] arguments, string names) =>
        Task.Run(() => InvokeWorkerAsync(function, arguments, names));

    private static async Task<object?> InvokeWorkerAsync(string function, object?[] arguments, string names)
    {
        var request = new JsonObject { ["function"] = function };
        var collectors = new Dictionary<string, IAsyncCollector<string>>();
        HttpRequest? http = null;
        var at = 0;
        foreach (var name in names.Split('\n'))
        {
            var value = arguments[at++];
            if (value is IAsyncCollector<string> collector) collectors[name] = collector;
            else if (name == FunctionTypes.Client) request["client"] = (string?)value;
            else if (value is Binder binder) request["metadata"] = MetadataOf(binder.BindingData);
            else
            {
                http = value as HttpRequest;
                request["trigger"] = http is null ? DataOf(value) : await HttpMessages.ReadAsync(http);
            }
        }
        if (http is not null) request.Remove("metadata");
        var answer = await Worker.InvokeAsync(request);
        foreach (var output in answer["outputs"] as JsonArray ?? [])
            if (collectors.TryGetValue((string)output!["name"]!, out var collector))
                await collector.AddAsync(TextOf(output["data"]!.AsObject()));
        var returned = answer["returnValue"] as JsonObject;
        if (http is null) return ValueOf(returned);
        await HttpMessages.WriteAsync(http.HttpContext.Response, returned?["http"] as JsonObject);
        return null;
    }

    private static JsonObject DataOf(object? value) => value switch
    {
        null => [],
        string text => new JsonObject { ["string"] = text },
        byte[] bytes => new JsonObject { ["bytes"] = Convert.ToBase64String(bytes) },
        ParameterBindingData data => new JsonObject
        {
            ["modelBindingData"] = new JsonObject
            {
                ["version"] = data.Version,
                ["source"] = data.Source,
                ["contentType"] = data.ContentType,
                ["content"] = Convert.ToBase64String(data.Content.ToArray()),
            },
        },
        TimerInfo timer => new JsonObject
        {
            ["json"] = JsonConvert.SerializeObject(new
            {
                Schedule = new { timer.Schedule.AdjustForDST },
                timer.ScheduleStatus,
                timer.IsPastDue,
            }),
        },
        _ => throw new NotSupportedException(value.GetType().FullName),
    };

    private static JsonObject MetadataOf(IReadOnlyDictionary<string, object> data)
    {
        var metadata = new JsonObject();
        foreach (var (key, value) in data)
            if (value is string or Uri or DateTimeOffset or DateTime or Guid)
                metadata[key] = new JsonObject { ["string"] = Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) };
            else if (value is int or long) metadata[key] = new JsonObject { ["int"] = Convert.ToInt64(value) };
            else if (value is IDictionary<string, string>) metadata[key] = new JsonObject { ["json"] = JsonConvert.SerializeObject(value) };
        return metadata;
    }

    /// <summary>What the durable extension gets back: text, a number, or a JSON value.</summary>
    private static object? ValueOf(JsonObject? data)
    {
        if (data is null) return null;
        if (data["json"] is { } json) return JsonConvert.DeserializeObject<JToken>((string)json!, new JsonSerializerSettings { DateParseHandling = DateParseHandling.None });
        if (data["string"] is { } text) return (string?)text;
        if (data["int"] is { } whole) return (long)whole.AsValue().GetValue<double>();
        return data["double"]?.AsValue().GetValue<double>();
    }

    private static string TextOf(JsonObject data) =>
        (string?)data["string"] ?? (string?)data["json"] ?? data["int"]?.ToString() ?? data["double"]?.ToString() ?? "";
}
