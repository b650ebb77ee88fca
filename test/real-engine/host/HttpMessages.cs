// HTTP requests and answers in the shape of the language worker's protocol, and those of the extensions' webhooks.
using System.Text.Json.Nodes;

namespace Sluice.RealEngine;

public static class HttpMessages
{
    public const string RouteValues = "MS_AzureWebJobs_HttpRouteData"; // where the HTTP extension looks for them

    public static async Task<JsonObject> ReadAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        var headers = new JsonObject();
        foreach (var (name, value) in request.Headers) headers[name.ToLowerInvariant()] = value.ToString();
        var parameters = new JsonObject();
        var values = (IDictionary<string, object?>)request.HttpContext.Items[RouteValues]!;
        foreach (var (name, value) in values) if (value is not null) parameters[name] = value.ToString();
        var http = new JsonObject
        {
            ["method"] = request.Method,
            ["url"] = $"{request.Scheme}://{request.Host}{request.Path}{request.QueryString}",
            ["headers"] = headers,
            ["params"] = parameters,
        };
        if (body.Length > 0) http["body"] = new JsonObject { ["bytes"] = Convert.ToBase64String(body.ToArray()) };
        return new JsonObject { ["http"] = http };
    }

    public static async Task WriteAsync(HttpResponse response, JsonObject? http)
    {
        if (http is null)
        {
            response.StatusCode = 204;
            return;
        }
        response.StatusCode = int.Parse((string?)http["statusCode"] ?? "200");
        foreach (var (name, value) in http["headers"] as JsonObject ?? [])
            if (!name.Equals("content-length", StringComparison.OrdinalIgnoreCase)) response.Headers[name] = (string?)value;
        foreach (var cookie in http["cookies"] as JsonArray ?? [])
            response.Headers.Append("set-cookie", CookieOf(cookie!.AsObject()));
        var body = http["body"] as JsonObject;
        var bytes = body?["bytes"] is { } encoded ? Convert.FromBase64String((string)encoded!)
            : System.Text.Encoding.UTF8.GetBytes((string?)body?["string"] ?? (string?)body?["json"] ?? "");
        if (response.StatusCode is 204 or 304) return;
        response.ContentLength = bytes.Length;
        if (response.HttpContext.Request.Method != "HEAD") await response.Body.WriteAsync(bytes);
    }

    private static string CookieOf(JsonObject cookie)
    {
        var text = $"{cookie["name"]}={cookie["value"]}";
        if (cookie["path"]?["value"] is { } path) text += $"; Path={path}";
        if (cookie["httpOnly"]?["value"] is { } only && (bool)only) text += "; HttpOnly";
        return text;
    }

    /// <summary>A request for an extension's webhook (durable management, Event Grid).</summary>
    public static async Task<HttpRequestMessage> ToMessageAsync(HttpRequest request)
    {
        var message = new HttpRequestMessage(new HttpMethod(request.Method),
            $"{request.Scheme}://{request.Host}{request.Path}{request.QueryString}");
        var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        message.Content = new ByteArrayContent(body.ToArray());
        foreach (var (name, value) in request.Headers)
            if (!message.Headers.TryAddWithoutValidation(name, value.ToArray()))
                message.Content.Headers.TryAddWithoutValidation(name, value.ToArray());
        return message;
    }

    public static async Task WriteAsync(HttpResponse response, HttpResponseMessage message)
    {
        response.StatusCode = (int)message.StatusCode;
        foreach (var (name, values) in message.Headers.Concat(message.Content.Headers))
            if (!name.Equals("transfer-encoding", StringComparison.OrdinalIgnoreCase)) response.Headers[name] = values.ToArray();
        await message.Content.CopyToAsync(response.Body);
    }
}
