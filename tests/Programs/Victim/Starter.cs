using System.Text;
using Hydra;

namespace Victim;

/// <summary>
/// Starts executions with keys before and after a signal, tells what it was told of each, and stays to be killed.
/// </summary>
internal static class Starter
{
    private const int Before = 20;
    private const int After = 5;

    public static async Task RunAsync(string path, string signal)
    {
        await using var hydra = await HydraEngine.OpenAsync(builder => builder.UseSqlite(path));
        for (var number = 0; number < Before; number++)
        {
            await StartAsync(hydra.Client, $"before-{number}");
        }

        Console.WriteLine("ready");
        await Signalled.ByAsync(signal);
        for (var number = 0; number < After; number++)
        {
            await StartAsync(hydra.Client, $"after-{number}");
        }

        Console.WriteLine("done");
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
    }

    private static async Task StartAsync(IHydraClient client, string key)
    {
        try
        {
            var payload = Payload.Create(Encoding.UTF8.GetBytes("1"));
            await client.StartAsync("kept", payload, new() { Key = key });
            Console.WriteLine($"kept {key}");
        }
        catch (StoreException refused)
        {
            Console.WriteLine($"refused {key} {refused.Kind} {refused.Message}");
        }
    }
}
