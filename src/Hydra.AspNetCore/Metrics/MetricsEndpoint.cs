using System.Diagnostics.Metrics;
using System.Text;
using Hydra.Engine.Observing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Hydra.AspNetCore.Metrics;

/// <summary>Answers the metrics that were collected since the endpoint was mapped.</summary>
internal sealed class MetricsEndpoint
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly MetricsCollector _collector;

    private MetricsEndpoint(MetricsCollector collector) => _collector = collector;

    public static MetricsEndpoint Create(IServiceProvider services)
    {
        var collector = new MetricsCollector(EngineInstruments.Of(services.GetService<IMeterFactory>()).Meter);
        services.GetService<IHostApplicationLifetime>()?.ApplicationStopped.Register(collector.Dispose);
        return new MetricsEndpoint(collector);
    }

    public async Task WriteAsync(HttpContext context)
    {
        var engine = context.RequestServices.GetRequiredService<HydraEngine>();
        try
        {
            await engine.CountAsync().WaitAsync(Patience, context.RequestAborted);
        }
        catch (Exception e) when (e is TimeoutException or ObjectDisposedException)
        {
            // The database does not answer: what the process knows by itself is told all the same.
        }

        var body = Encoding.UTF8.GetBytes(_collector.Collect());
        var response = context.Response;
        response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }
}
