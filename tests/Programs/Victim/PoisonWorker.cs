using Hydra;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Victim.Poison;
using Worker;

namespace Victim;

/// <summary>A worker that knows the poison, and a harmless workflow that must not suffer from it.</summary>
internal static class PoisonWorker
{
    /// <summary>Whether this is the build in which somebody has mended the poison.</summary>
    public static bool IsFixed { get; } = Environment.GetEnvironmentVariable("VICTIM_FIXED") == "1";

    public static async Task RunAsync()
    {
        var settings = WorkerSettings.Read(Environment.GetEnvironmentVariable);
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddHydra(hydra =>
        {
            hydra.UseDatabase(settings.DatabaseUrl, settings.Worker.ClaimTimeout);
            hydra.AddWorkflow<int, int>("neighbour", Neighbour.RunAsync);
            Deadly.AddTo(hydra);
            Endless.AddTo(hydra);
            Unspeakable.AddTo(hydra);
            hydra.AddWorker(_ => settings.Worker with
            {
                Build = IsFixed ? "fixed" : "poisoned",
                TurnTimeout = TimeSpan.FromSeconds(3),
                QuarantineAfter = 3,
                LongestCrashDelay = TimeSpan.FromSeconds(2),
            });
        });
        await builder.Build().RunAsync();
    }
}
