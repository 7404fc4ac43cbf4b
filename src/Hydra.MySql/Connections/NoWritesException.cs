namespace Hydra.MySql.Connections;

/// <summary>The server takes no writes, as a replica, or one that was demoted: what it answers may be old.</summary>
internal sealed class NoWritesException : Exception
{
    public StoreException Translate() => new(
        StoreErrorKind.Unavailable,
        "The server takes no writes (read_only or innodb_read_only is on), so what it answers may be old. Nothing was "
        + "written. Connect to the primary.",
        this);
}
