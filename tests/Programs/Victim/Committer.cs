using System.Text;
using Hydra;

namespace Victim;

/// <summary>Starts executions without end and prints the key of each once the engine says that it is kept.</summary>
internal static class Committer
{
    private const int AtOnce = 4; // Several, so that commits hold more than one.

    public static async Task RunAsync(string path, string prefix, int characters = 300)
    {
        await using var hydra = await HydraEngine.OpenAsync(builder => builder.UseSqlite(path));
        using var output = Console.OpenStandardOutput();
        var payload = Payload.Create(Encoding.UTF8.GetBytes($"\"{new string('x', characters)}\""));
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async lane =>
        {
            for (var number = 0; ; number++)
            {
                var key = $"{prefix}-{lane}-{number}";
                await hydra.Client.StartAsync("kept", payload, new() { Key = key });
                lock (output)
                {
                    output.Write(Encoding.UTF8.GetBytes(key + "\n")); // One write: a kill cannot cut it in two.
                }
            }
        }));
    }
}
