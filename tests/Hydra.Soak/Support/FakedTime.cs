namespace Hydra.Soak.Support;

/// <summary>libfaketime, under which a process sees another time of day; the monotonic clock is left alone.</summary>
internal static class FakedTime
{
    /// <summary>Where it is; null when it is not installed.</summary>
    public static string? Library { get; } = new[]
    {
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    }.FirstOrDefault(File.Exists);

    /// <summary>What puts a program under it.</summary>
    /// <remarks>With its "monotonic fix" the library ends .NET's timed waits at once.</remarks>
    public static IEnumerable<(string, string)> Variables(params (string, string)[] variables) =>
    [
        ("LD_PRELOAD", Library!), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("DONT_FAKE_MONOTONIC", "1"),
        ("FAKETIME_FORCE_MONOTONIC_FIX", "0"), .. variables,
    ];
}
