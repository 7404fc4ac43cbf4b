namespace Hydra.Testing;

/// <summary>Draws keys and names: mostly a few that meet, now and then such as databases like to confuse.</summary>
internal static class ModelTexts
{
    /// <summary>Alike but for case, accents, blanks or what one database trims; all of them are others.</summary>
    private static readonly string[] Odd =
    [
        "Key-0", "KEY-0", "key-0 ", " key-0", "k\u00e9y", "ke\u0301y", "key-\u00df", "key-ss", "\ud83d\ude80", "\u0001",
    ];

    /// <summary>What no store keeps: the operation is refused.</summary>
    private static readonly string[] Refused = ["key\0", "key-\ud800", "\udc00key", "\0"];

    public static string Key(Random random) => random.Next(24) switch
    {
        0 or 1 => ModelDraw.Pick(random, Refused),
        2 or 3 or 4 or 5 => ModelDraw.Pick(random, Odd),
        _ => $"key-{random.Next(4)}",
    };

    /// <summary>A name that can be kept.</summary>
    public static string Name(Random random) =>
        random.Next(4) == 0 ? ModelDraw.Pick(random, Odd) : $"name-{random.Next(3)}";
}
