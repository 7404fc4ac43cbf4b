using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Hydra.AspNetCore.Tests.Support;

/// <summary>A web application with an engine, on Kestrel and a free port of this machine.</summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Site(WebApplication app, HttpClient http) => (_app, Http) = (app, http);

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public IHydraClient Client => _app.Services.GetRequiredService<IHydraClient>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts one.</summary>
    /// <param name="hydra">Composes the engine.</param>
    /// <param name="services">Adds services before those of the engine.</param>
    /// <param name="map">Maps what the test asks for; by default all that the engine has.</param>
    public static async Task<Site> StartAsync(
        Action<HydraBuilder> hydra,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["urls"] = "http://127.0.0.1:0";
        services?.Invoke(builder.Services);
        builder.Services.AddHydra(hydra);
        var app = builder.Build();
        (map ?? (static app => app.MapHydra()))(app);
        await app.StartAsync(Cancellation);
        return new Site(app, new HttpClient { BaseAddress = new Uri(app.Urls.Single()) });
    }

    /// <summary>Reads the metrics.</summary>
    public async Task<Exposition> MetricsAsync(string path = "/metrics") =>
        Exposition.Parse(await Http.GetStringAsync(path, Cancellation), isOurs: path == "/metrics");

    /// <summary>Asks a question about health: the status, and which checks failed.</summary>
    public async Task<(HttpStatusCode Status, string Says, string Failed)> AskAsync(string path)
    {
        using var answer = await Http.GetAsync(path, Cancellation);
        var json = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        return (
            answer.StatusCode,
            json.GetProperty("status").GetString()!,
            string.Join(',', json.GetProperty("failed").EnumerateArray().Select(check => check.GetString())));
    }

    /// <summary>Asks a question about health: the whole answer.</summary>
    public async Task<string> SayAsync(string path)
    {
        using var answer = await Http.GetAsync(path, Cancellation);
        return await answer.Content.ReadAsStringAsync(Cancellation);
    }

    public Task StopAsync() => _app.StopAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
