// The Node process that holds the functions. It connects to a loopback port of ours; both sides speak one JSON object a line.
// Invariants: W1 an invocation ends with its answer, or fails when the process ends. W2 a process that ended is started again by the next invocation.
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.RealEngine;

/// <summary>What a function threw, in the words in which the Functions host hands it on.</summary>
public sealed class WorkerException(string message) : Exception(message);

public sealed class Worker(IReadOnlyList<string> command) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonObject>> pending = new();
    private readonly SemaphoreSlim starting = new(1);
    private readonly SemaphoreSlim writing = new(1);
    private Process? process;
    private StreamWriter? writer;
    private bool stopped;

    /// <summary>Functions as the process registered them: name → bindings.</summary>
    public JsonObject Functions { get; private set; } = [];

    public int? Pid => process is { HasExited: false } alive ? alive.Id : null;

    public async Task<JsonObject> InvokeAsync(JsonObject request)
    {
        var id = Guid.NewGuid().ToString();
        request["id"] = id;
        var answer = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        await EnsureStartedAsync();
        pending[id] = answer;
        try
        {
            await writing.WaitAsync();
            try
            {
                await writer!.WriteLineAsync(request.ToJsonString());
                await writer.FlushAsync();
            }
            finally { writing.Release(); }
        }
        catch (IOException)
        {
            if (pending.TryRemove(id, out _)) throw new WorkerException("node exited");
        }
        var result = await answer.Task;
        if (result["error"] is JsonObject error)
            throw new WorkerException($"Result: Failure\nException: {error["message"]}\nStack: {error["stack"]}");
        return result;
    }

    public async Task EnsureStartedAsync()
    {
        await starting.WaitAsync();
        try
        {
            if (process is { HasExited: false } && writer is not null) return;
            if (stopped) throw new WorkerException("the host is stopping");
            await StartAsync();
        }
        finally { starting.Release(); }
    }

    private async Task StartAsync()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var start = new ProcessStartInfo(command[0]) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var argument in command.Skip(1)) start.ArgumentList.Add(argument);
        start.ArgumentList.Add(port.ToString());
        var child = Process.Start(start)!;
        _ = child.StandardOutput.BaseStream.CopyToAsync(Console.OpenStandardError());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        _ = child.WaitForExitAsync().ContinueWith(_ => limit.Cancel());
        TcpClient client;
        try { client = await listener.AcceptTcpClientAsync(limit.Token); }
        catch (OperationCanceledException) { throw new WorkerException("node ended before it was ready"); }
        finally { listener.Stop(); }
        client.NoDelay = true;
        var stream = client.GetStream();
        var reader = new StreamReader(stream, new UTF8Encoding(false));
        writer = new StreamWriter(stream, new UTF8Encoding(false)) { AutoFlush = false };
        var hello = JsonNode.Parse(await reader.ReadLineAsync() ?? "{\"error\":\"no hello\"}")!.AsObject();
        if (hello["error"] is { } problem) throw new WorkerException(problem.ToString());
        Functions = hello["functions"]!.AsObject();
        process = child;
        _ = ReadAsync(child, reader);
    }

    private async Task ReadAsync(Process child, StreamReader reader)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                var answer = JsonNode.Parse(line)!.AsObject();
                if (pending.TryRemove((string)answer["id"]!, out var waiting)) waiting.TrySetResult(answer);
            }
        }
        catch (IOException) { } // the process is gone: told below
        await child.WaitForExitAsync();
        foreach (var id in pending.Keys)
            if (pending.TryRemove(id, out var waiting))
                waiting.TrySetException(new WorkerException($"node exited with code {child.ExitCode} (0x{child.ExitCode:X})."));
    }

    public async ValueTask DisposeAsync()
    {
        stopped = true;
        if (process is not { HasExited: false } alive) return;
        writer?.Dispose(); // the process ends when the connection does
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try { await alive.WaitForExitAsync(limit.Token); }
        catch (OperationCanceledException) { alive.Kill(true); }
    }
}
