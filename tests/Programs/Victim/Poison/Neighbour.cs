using Hydra;

namespace Victim.Poison;

/// <summary>What the others do while the poison works: steps, a sleep, steps side by side.</summary>
internal static class Neighbour
{
    public static async Task<int> RunAsync(WorkflowContext context, int number)
    {
        var first = await context.StepAsync("first", number, static async (given, cancellationToken) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
            return given + 1;
        });
        await context.SleepAsync(TimeSpan.FromMilliseconds(300));
        var parts = await Task.WhenAll(Enumerable.Range(0, 3).Select(part => context.StepAsync(
            "part", first + part, static (given, _) => Task.FromResult(given * 2))));
        return parts.Sum();
    }
}
