// One static method per registered function, made at start as the Functions host makes them: WebJobs finds functions by attributes.
// Source: Microsoft.Azure.WebJobs indexes methods; string parameters of durable triggers select the out-of-process protocol that Node apps get.
using System.Reflection;
using System.Reflection.Emit;
using System.Text.Json.Nodes;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;
using Binder = Microsoft.Azure.WebJobs.Binder;

namespace Sluice.RealEngine;

public sealed class FunctionTypes(Type type) : ITypeLocator
{
    public const string Trigger = "__trigger", Client = "__client";

    public IReadOnlyList<Type> GetTypes() => [type];

    /// <summary>`Host.Functions` with a method for each function.</summary>
    public static FunctionTypes Emit(JsonObject functions)
    {
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Functions"), AssemblyBuilderAccess.Run);
        var target = assembly.DefineDynamicModule("Functions").DefineType("Host.Functions", TypeAttributes.Public);
        foreach (var (name, bindings) in functions) EmitFunction(target, name, bindings!.AsObject());
        return new FunctionTypes(target.CreateType());
    }

    private sealed record Parameter(string Name, Type Type, CustomAttributeBuilder? Attribute);

    private static void EmitFunction(TypeBuilder target, string name, JsonObject bindings)
    {
        List<Parameter> parameters = [];
        var isDurable = false;
        foreach (var (key, node) in bindings)
        {
            var binding = node!.AsObject();
            var kind = ((string)binding["type"]!).ToLowerInvariant();
            isDurable |= kind is "orchestrationtrigger" or "activitytrigger" or "entitytrigger";
            if (ParameterOf(key, kind, binding) is { } parameter) parameters.Add(parameter);
        }
        parameters.Add(new("__binder", typeof(Binder), null));
        var method = target.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static,
            isDurable ? typeof(Task<object>) : typeof(Task), [.. parameters.Select(p => p.Type)]);
        method.SetCustomAttribute(Attribute<FunctionNameAttribute>([name]));
        var body = method.GetILGenerator();
        body.Emit(OpCodes.Ldstr, name);
        body.Emit(OpCodes.Ldc_I4, parameters.Count);
        body.Emit(OpCodes.Newarr, typeof(object));
        for (var i = 0; i < parameters.Count; i++)
        {
            var defined = method.DefineParameter(i + 1, ParameterAttributes.None, parameters[i].Name);
            if (parameters[i].Attribute is { } attribute) defined.SetCustomAttribute(attribute);
            body.Emit(OpCodes.Dup);
            body.Emit(OpCodes.Ldc_I4, i);
            body.Emit(OpCodes.Ldarg, (short)i);
            if (parameters[i].Type.IsValueType) body.Emit(OpCodes.Box, parameters[i].Type);
            body.Emit(OpCodes.Stelem_Ref);
        }
        body.Emit(OpCodes.Ldstr, string.Join('\n', parameters.Select(p => p.Name)));
        body.Emit(OpCodes.Call, typeof(Bridge).GetMethod(nameof(Bridge.InvokeAsync))!);
        body.Emit(OpCodes.Ret);
    }

    private static Parameter? ParameterOf(string key, string kind, JsonObject binding)
    {
        string Text(string member) => (string?)binding[member] ?? "";
        return kind switch
        {
            "orchestrationtrigger" => new(Trigger, typeof(string), Attribute<OrchestrationTriggerAttribute>([])),
            "activitytrigger" => new(Trigger, typeof(string), Attribute<ActivityTriggerAttribute>([])),
            "entitytrigger" => new(Trigger, typeof(string), Attribute<EntityTriggerAttribute>([])),
            "httptrigger" => new(Trigger, typeof(HttpRequest),
                Attribute<HttpTriggerAttribute>([], ("Route", (string?)binding["route"]))),
            "timertrigger" => new(Trigger, typeof(TimerInfo), Attribute<TimerTriggerAttribute>([Text("schedule")],
                ("RunOnStartup", (bool?)binding["runOnStartup"] ?? false))),
            "queuetrigger" => new(Trigger, typeof(string),
                Attribute<QueueTriggerAttribute>([Text("queueName")], ("Connection", Text("connection")))),
            "blobtrigger" => new(Trigger, IsDeferred(binding) ? typeof(ParameterBindingData) : typeof(byte[]),
                Attribute<BlobTriggerAttribute>([Text("path")], ("Connection", Text("connection")),
                    ("Source", Text("source") == "EventGrid" ? BlobTriggerSource.EventGrid : BlobTriggerSource.LogsAndContainerScan))),
            "durableclient" => new(Client, typeof(string), Attribute<DurableClientAttribute>([])),
            "queue" => new(key, typeof(IAsyncCollector<string>),
                Attribute<QueueAttribute>([Text("queueName")], ("Connection", Text("connection")))),
            "http" => null,
            _ => throw new NotSupportedException($"binding type {kind}"),
        };
    }

    /// <summary>The host hands over a reference instead of the content (ScriptBindingContext: supportsDeferredBinding).</summary>
    private static bool IsDeferred(JsonObject binding) =>
        string.Equals(binding["properties"]?["supportsDeferredBinding"]?.ToString(), "true", StringComparison.OrdinalIgnoreCase);

    private static CustomAttributeBuilder Attribute<T>(object[] arguments, params (string Name, object? Value)[] members)
    {
        var constructor = typeof(T).GetConstructor([.. arguments.Select(a => a.GetType())])!;
        var set = members.Where(m => m.Value is not null).ToArray();
        return new CustomAttributeBuilder(constructor, arguments,
            [.. set.Select(m => typeof(T).GetProperty(m.Name)!)], [.. set.Select(m => m.Value!)]);
    }
}
