using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>A range of the past whose instants are still to be started.</summary>
/// <param name="Serial">Its number, random.</param>
/// <param name="Cursor">The instants up to here have been started.</param>
/// <param name="UpTo">The last instant that counts.</param>
/// <param name="AtOnce">Whether the next is started without waiting for the one before.</param>
internal sealed record Backfill(long Serial, Instant Cursor, Instant UpTo, bool AtOnce);
