namespace Hydra.Stores.Tests;

/// <summary>A fault that <see cref="PlantedStore"/> has.</summary>
internal enum Planted
{
    /// <summary>It knows no age.</summary>
    OldestFirst,

    /// <summary>It takes suspects unasked.</summary>
    AcceptSuspect,

    /// <summary>It suspends whatever mail has come.</summary>
    MailSeen,

    /// <summary>It forgets to write down beats.</summary>
    Beats,

    /// <summary>It loses the tries.</summary>
    Tries,
}
