using System.Diagnostics;

namespace Hydra.Soak.Support;

/// <summary>Waits for what other processes do, which nothing can signal here, by looking again and again.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <summary>Looks until there is something to see, and fails the test when the time is up.</summary>
    public static async Task<T> SeeAsync<T>(string what, Func<Task<T?>> look, double withinSeconds = 30) where T : class
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            if (await look() is { } seen)
            {
                return seen;
            }

            if (Stopwatch.GetElapsedTime(begun).TotalSeconds > withinSeconds)
            {
                throw new TimeoutException($"{what}: not seen within {withinSeconds} s.");
            }

            await Task.Delay(Interval, TestContext.Current.CancellationToken);
        }
    }

    public static Task HoldsAsync(string what, Func<Task<bool>> condition, double withinSeconds = 30) =>
        SeeAsync(what, async () => await condition() ? what : null, withinSeconds);

    public static Task HoldsAsync(string what, Func<bool> condition, double withinSeconds = 30) =>
        HoldsAsync(what, () => Task.FromResult(condition()), withinSeconds);
}
