namespace Hydra.Sqlite.Transitions;

/// <summary>
/// Remembers for one batch whether a session exists, since nearly all of its starts name the same one.
/// </summary>
internal struct SessionCheck(SessionTransitions sessions)
{
    private SessionId _last;
    private bool _exists;

    public bool Exists(SessionId session)
    {
        if (session == SessionId.None)
        {
            return false;
        }

        if (session != _last)
        {
            _exists = sessions.Exists(session);
            _last = session;
        }

        return _exists;
    }
}
