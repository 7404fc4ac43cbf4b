using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>What an engine has found out about the key of a subject.</summary>
/// <param name="Key">The key; null where it cannot be used.</param>
/// <param name="Problem">Why not; null where it can.</param>
/// <param name="At">When that was asked, as a timestamp.</param>
internal sealed record KnownKey(SubjectKey? Key, string? Problem, long At)
{
    public const string Destroyed = "destroyed";

    public static KnownKey Missing { get; } =
        new(null, "is not kept where the keys of subjects are. Restore it there", 0);

    public bool IsDestroyed => Problem == Destroyed;

    public bool IsMissing => Key is null && Problem == Missing.Problem;

    /// <summary>A destroyed key stays so; what was missing is looked for again.</summary>
    public bool IsFresh(TimeProvider time) => IsDestroyed
        || (Problem is null && time.GetElapsedTime(At) < SubjectKeys.Freshness);

    public PayloadException Refuse(string id, string what) => Problem is null or Destroyed
        ? new PayloadException(
            $"{what} with the key of a subject ({id}) that was destroyed: nobody reads it any more.")
        {
            IsShredded = true,
        }
        : new PayloadException(
            $"{what} with the key of a subject ({id}), and that key {Problem}: nothing is lost, and whoever has "
            + "the key goes on.");
}
