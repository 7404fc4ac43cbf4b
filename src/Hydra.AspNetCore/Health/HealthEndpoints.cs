using System.Buffers;
using System.Text.Json;
using Hydra.Engine.Observing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Hydra.AspNetCore.Health;

/// <summary>Answers whether the engine is alive and ready, with a status for machines and JSON for people.</summary>
internal static class HealthEndpoints
{
    public static Task HealthAsync(HttpContext context) =>
        WriteAsync(context, EngineOf(context).CheckLoops(), "healthy", "unhealthy");

    public static async Task ReadyAsync(HttpContext context)
    {
        // Told before the engine is, which hears of it when the host gets to it.
        var stops = context.RequestServices.GetService<IHostApplicationLifetime>() is { } lifetime
            && lifetime.ApplicationStopping.IsCancellationRequested;
        var findings = stops
            ? [new HealthFinding("running", IsGood: false, "The host is shutting down.")]
            : await EngineOf(context).CheckReadyAsync(context.RequestAborted);
        await WriteAsync(context, findings, "ready", "notReady");
    }

    private static HydraEngine EngineOf(HttpContext context) =>
        context.RequestServices.GetRequiredService<HydraEngine>();

    private static async Task WriteAsync(
        HttpContext context, IReadOnlyList<HealthFinding> findings, string good, string bad)
    {
        var isGood = findings.All(static finding => finding.IsGood);
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body))
        {
            Write(writer, findings, isGood ? good : bad);
        }

        var response = context.Response;
        response.StatusCode = isGood ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        response.ContentLength = body.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
        }
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<HealthFinding> findings, string status)
    {
        writer.WriteStartObject();
        writer.WriteString("status", status);
        writer.WriteStartArray("failed");
        foreach (var finding in findings.Where(static finding => !finding.IsGood))
        {
            writer.WriteStringValue(finding.Check);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("checks");
        foreach (var finding in findings)
        {
            writer.WriteStartObject();
            writer.WriteString("name", finding.Check);
            writer.WriteBoolean("ok", finding.IsGood);
            writer.WriteString("detail", finding.Detail);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
