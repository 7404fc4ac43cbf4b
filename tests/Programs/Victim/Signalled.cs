namespace Victim;

/// <summary>Waits for the test, which makes a file when it is time.</summary>
internal static class Signalled
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    public static async Task ByAsync(string file)
    {
        while (!File.Exists(file))
        {
            await Task.Delay(Interval, TimeProvider.System);
        }
    }
}
